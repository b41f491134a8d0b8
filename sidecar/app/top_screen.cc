#include "app/top_screen.h"

#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string>

#define NCURSES_WIDECHAR 1
#include <curses.h>

namespace sidecar {

namespace {

/// The colour codes that TextTable writes.
void set_colour(std::string_view code) {
  if (code == "32") {
    attrset(COLOR_PAIR(1));
  } else if (code == "33") {
    attrset(COLOR_PAIR(2));
  } else if (code == "31") {
    attrset(COLOR_PAIR(3) | A_BOLD);
  } else {
    attrset(A_NORMAL);
  }
}

/// One line at the cursor, its escapes turned into attributes.
void draw_line(std::string_view line) {
  constexpr std::string_view kEscape = "\033[";
  while (!line.empty()) {
    const size_t escape = line.find(kEscape);
    addnstr(line.data(), static_cast<int>(std::min(escape, line.size())));
    if (escape == std::string_view::npos) {
      return;
    }
    const size_t end = line.find('m', escape);
    if (end == std::string_view::npos) {
      return;
    }
    set_colour(line.substr(escape + kEscape.size(), end - escape - kEscape.size()));
    line.remove_prefix(end + 1);
  }
}

}  // namespace

std::unique_ptr<TopScreen> TopScreen::open() {
  std::setlocale(LC_CTYPE, "");
  // initscr() ends the process when it does not know the terminal.
  SCREEN* screen = ::isatty(STDOUT_FILENO) == 1 ? newterm(nullptr, stdout, stdin) : nullptr;
  if (screen == nullptr) {
    return nullptr;
  }
  set_term(screen);
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  curs_set(0);
  const char* no_color = std::getenv("NO_COLOR");
  if (has_colors() && (no_color == nullptr || *no_color == '\0')) {
    start_color();
    use_default_colors();
    init_pair(1, COLOR_GREEN, -1);
    init_pair(2, COLOR_YELLOW, -1);
    init_pair(3, COLOR_RED, -1);
  }
  return std::unique_ptr<TopScreen>(new TopScreen());
}

TopScreen::~TopScreen() {
  endwin();
}

void TopScreen::draw(std::string_view text, std::string_view footer) {
  erase();
  const int rows = getmaxy(stdscr);
  for (int row = 0; row < rows - 1 && !text.empty(); ++row) {
    const size_t end = std::min(text.find('\n'), text.size());
    move(row, 0);
    draw_line(text.substr(0, end));
    attrset(A_NORMAL);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  attrset(A_REVERSE);
  mvaddnstr(rows - 1, 0, footer.data(), static_cast<int>(footer.size()));
  attrset(A_NORMAL);
  refresh();
}

int TopScreen::wait_key(Millis time) {
  timeout(static_cast<int>(time.count()));
  const int key = getch();
  return key == ERR || key == KEY_RESIZE ? 0 : key;
}

}  // namespace sidecar
