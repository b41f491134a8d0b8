#include "policy/retry_after.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace sidecar {

namespace {

/// Who asks for more means "never"; whoever uses it has a bound of its own anyway.
constexpr int64_t kMillisMax = int64_t{365} * 24 * 60 * 60 * 1000;
constexpr size_t kTextBytesMax = 1024;
constexpr int kDateYearsAhead = 50;  // RFC 9110 5.6.7, for years of two digits

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Takes digits and a fraction off the front: thousandths, at most kMillisMax. None: no digit.
std::optional<int64_t> take_thousandths(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) {
    return std::nullopt;
  }
  int64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = std::min(kMillisMax, value * 10 + (text.front() - '0'));
    text.remove_prefix(1);
  }
  value *= 1000;
  if (text.size() > 1 && text.front() == '.' && is_digit(text[1])) {
    text.remove_prefix(1);
    for (int64_t weight = 100; !text.empty() && is_digit(text.front()); weight /= 10) {
      value += weight * (text.front() - '0');
      text.remove_prefix(1);
    }
  }
  return std::min(kMillisMax, value);
}

/// Reads a date piece by piece; once a piece is not there, nothing more is read.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  void skip(std::string_view literal) {
    is_good_ = is_good_ && text_.starts_with(literal);
    advance(literal.size());
  }
  std::string_view word() {
    const auto end = std::find_if_not(text_.begin(), text_.end(), is_letter);
    const std::string_view found = text_.substr(0, static_cast<size_t>(end - text_.begin()));
    advance(found.size());
    return found;
  }
  int number(size_t digits) {
    int value = 0;
    is_good_ = is_good_ && text_.size() >= digits;
    for (size_t i = 0; is_good_ && i < digits; ++i) {
      is_good_ = is_digit(text_[i]);
      value = value * 10 + (text_[i] - '0');
    }
    advance(digits);
    return value;
  }
  bool is_next(char c) const { return is_good_ && text_.starts_with(c); }
  bool is_done() const { return is_good_ && text_.empty(); }

 private:
  void advance(size_t count) {
    if (is_good_) {
      text_.remove_prefix(std::min(count, text_.size()));
    }
  }

  std::string_view text_;
  bool is_good_ = true;
};

struct Date {
  int year = 0;
  std::string_view month;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void take_time(DateReader& reader, Date& date) {
  date.hour = reader.number(2);
  reader.skip(":");
  date.minute = reader.number(2);
  reader.skip(":");
  date.second = reader.number(2);
}

/// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<Date> parse_imf(std::string_view text) {
  DateReader reader(text);
  Date date;
  reader.word();
  reader.skip(", ");
  date.day = reader.number(2);
  reader.skip(" ");
  date.month = reader.word();
  reader.skip(" ");
  date.year = reader.number(4);
  reader.skip(" ");
  take_time(reader, date);
  reader.skip(" GMT");
  return reader.is_done() ? std::optional(date) : std::nullopt;
}

/// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<Date> parse_rfc850(std::string_view text, int year_now) {
  DateReader reader(text);
  Date date;
  reader.word();
  reader.skip(", ");
  date.day = reader.number(2);
  reader.skip("-");
  date.month = reader.word();
  reader.skip("-");
  date.year = reader.number(2) + year_now / 100 * 100;
  reader.skip(" ");
  take_time(reader, date);
  reader.skip(" GMT");
  date.year -= date.year > year_now + kDateYearsAhead ? 100 : 0;
  return reader.is_done() ? std::optional(date) : std::nullopt;
}

/// Sun Nov  6 08:49:37 1994
std::optional<Date> parse_asctime(std::string_view text) {
  DateReader reader(text);
  Date date;
  reader.word();
  reader.skip(" ");
  date.month = reader.word();
  reader.skip(" ");
  const bool is_padded = reader.is_next(' ');
  reader.skip(is_padded ? " " : "");
  date.day = reader.number(is_padded ? 1 : 2);
  reader.skip(" ");
  take_time(reader, date);
  reader.skip(" ");
  date.year = reader.number(4);
  return reader.is_done() ? std::optional(date) : std::nullopt;
}

std::optional<Millis> unix_time_of(const Date& date) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = std::find(kMonths.begin(), kMonths.end(), date.month);
  const std::chrono::year_month_day day(
      std::chrono::year(date.year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(date.day)));
  // A leap second is written as the 60th.
  if (!day.ok() || date.hour > 23 || date.minute > 59 || date.second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(date.hour) +
         std::chrono::minutes(date.minute) + std::chrono::seconds(date.second);
}

int year_of(Millis unix_now) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<Millis>(unix_now));
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

struct Unit {
  std::string_view name;
  int64_t millis;
};
constexpr std::array<Unit, 19> kUnits{{
    {"", 1000},
    {"s", 1000},
    {"sec", 1000},
    {"secs", 1000},
    {"second", 1000},
    {"seconds", 1000},
    {"ms", 1},
    {"msec", 1},
    {"millis", 1},
    {"millisecond", 1},
    {"milliseconds", 1},
    {"m", 60'000},
    {"min", 60'000},
    {"mins", 60'000},
    {"minute", 60'000},
    {"minutes", 60'000},
    {"h", 3'600'000},
    {"hour", 3'600'000},
    {"hours", 3'600'000},
}};

const Unit* unit_named(std::string_view name) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(), [name](const Unit& unit) {
    return same_ignoring_case(unit.name, name);
  });
  return found == kUnits.end() ? nullptr : found;
}

std::string_view take_word(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const std::string_view word = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

void skip_any(std::string_view& text, std::string_view of) {
  text.remove_prefix(std::min(text.find_first_not_of(of), text.size()));
}

/// What follows the words that announce a time: `_seconds":30`, ` 1.5 seconds`, `": "150ms"`.
std::optional<Millis> time_after(std::string_view text) {
  skip_any(text, "_");
  const std::string_view key_unit = take_word(text);  // retry_after_ms
  skip_any(text, "\\\"':= \t");
  const std::optional<int64_t> thousandths = take_thousandths(text);
  skip_any(text, " ");
  const std::string_view word = take_word(text);
  const Unit* unit = unit_named(word.empty() ? key_unit : word);
  // Zero is what Infura sends when it knows none (INFURA/infura issue 201). A number that goes on
  // is a date.
  const bool goes_on = !text.empty() && (text.front() == '-' || text.front() == ':' ||
                                         text.front() == '/' || is_digit(text.front()));
  if (!thousandths || *thousandths == 0 || unit == nullptr || (word.empty() && goes_on)) {
    return std::nullopt;
  }
  return Millis(std::min(kMillisMax, (*thousandths * unit->millis + 999) / 1000));
}

std::optional<Millis> hint_in_text(std::string_view text) {
  constexpr std::array<std::string_view, 9> kAnnouncements{
      "backoff_seconds", "retry_after",  "retry-after",  "retry after",    "retryafter",
      "retry in",        "try_again_in", "try again in", "try again after"};
  text = text.substr(0, kTextBytesMax);
  for (const std::string_view words : kAnnouncements) {
    const auto found = std::search(text.begin(), text.end(), words.begin(), words.end(),
                                   [](char a, char b) { return lower(a) == b; });
    if (found == text.end()) {
      continue;
    }
    const size_t after = static_cast<size_t>(found - text.begin()) + words.size();
    if (const std::optional<Millis> time = time_after(text.substr(after))) {
      return time;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Millis> parse_retry_after(std::string_view header, Millis unix_now) {
  const std::string_view value = trimmed(header);
  std::string_view rest = value;
  if (const std::optional<int64_t> thousandths = take_thousandths(rest)) {
    return rest.empty() ? std::optional(Millis(*thousandths)) : std::nullopt;
  }
  std::optional<Date> date = parse_imf(value);
  date = date ? date : parse_rfc850(value, year_of(unix_now));
  date = date ? date : parse_asctime(value);
  const std::optional<Millis> at = date ? unix_time_of(*date) : std::nullopt;
  if (!at) {
    return std::nullopt;
  }
  return std::clamp(*at - unix_now, Millis(0), Millis(kMillisMax));
}

std::optional<Millis> retry_hint_in(std::string_view message, std::string_view data) {
  const std::optional<Millis> in_data = hint_in_text(data);
  return in_data ? in_data : hint_in_text(message);
}

}  // namespace sidecar
