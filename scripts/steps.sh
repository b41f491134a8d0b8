# Sourced by run and test: long steps with one line each. A step's own output goes to a log that is
# shown only when the step fails.

steps_log_folder=${steps_log_folder:-build/logs}

# step NAME WORDS COMMAND... : runs COMMAND; prints "==> WORDS ... 12 s", or its log's end.
step() {
  local name=$1 words=$2 started=$SECONDS log
  shift 2
  mkdir -p "$steps_log_folder"
  log=$steps_log_folder/$name.log
  printf '==> %s ... ' "$words"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf '%d s\n' $((SECONDS - started))
    return 0
  fi
  printf 'FAILED after %d s\n' $((SECONDS - started))
  tail -n 60 "$log" >&2
  echo "the whole log: $log" >&2
  return 1
}

# configure_and_build PRESET [TARGET...]
configure_and_build() {
  local preset=$1
  shift
  cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}
}
