#include "app/command_line.h"
#include "app/commands.h"

int main(int argc, char** argv) {
  return sidecar::run_program(sidecar::all_commands(), argc, argv);
}
