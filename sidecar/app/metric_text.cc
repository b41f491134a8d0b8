#include "app/metric_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"

namespace sidecar {

namespace {

/// In help texts a quote stays what it is.
void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  for (size_t at = text.find_first_of(special); at != std::string_view::npos;
       at = text.find_first_of(special)) {
    out.append(text.substr(0, at)).append(1, '\\').append(1, text[at] == '\n' ? 'n' : text[at]);
    text.remove_prefix(at + 1);
  }
  out.append(text);
}

bool is_plain(std::string_view text) {
  unsigned odd = 0;
  for (const char c : text) {
    odd |= static_cast<unsigned>(c == '"') | static_cast<unsigned>(c == '\\') |
           static_cast<unsigned>(c == '\n');
  }
  return odd == 0;
}

void append_value(std::string& out, std::string_view value) {
  if (is_plain(value)) {
    out.append(value);
  } else {
    append_escaped(out, value, "\"\\\n");
  }
}

/// Room for any number, and for what stands around it.
using Digits = std::array<char, 48>;

char* write_number(char* at, uint64_t value) {
  return std::to_chars(at, at + 20, value).ptr;
}

char* write_number(char* at, double value) {
  if (std::isfinite(value)) {
    return std::to_chars(at, at + 32, value).ptr;
  }
  const std::string_view name = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return std::copy(name.begin(), name.end(), at);
}

/// What ends a line: ` 17`.
template <class Number>
void append_end(std::string& out, std::string_view before, Number value) {
  Digits text;
  char* at = std::copy(before.begin(), before.end(), text.data());
  at = write_number(at, value);
  *at++ = '\n';
  out.append(text.data(), static_cast<size_t>(at - text.data()));
}

/// Without an exponent, since the text of a bound is part of a series' name.
void append_bound(std::string& out, Nanos bound) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 static_cast<double>(bound.count()) / 1e9, std::chars_format::fixed)
                       .ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

double seconds(Nanos span) {
  return static_cast<double>(span.count()) / 1e9;
}

}  // namespace

void append_metric_head(const MetricRow& row, std::string& out) {
  out.append("# HELP ").append(row.name).append(" ");
  append_escaped(out, row.help, "\\\n");
  out.append("\n# TYPE ").append(row.name).append(" ").append(metric_type_name(row.type));
  out.append("\n");
}

Samples::Samples(const MetricRow& row, std::string& out) : row_(row), out_(out) {
  for (size_t i = 0; i < row.label_count(); ++i) {
    openers_[i] = std::string(label_name(row.labels[i])) + "=\"";
  }
  within({});
}

void Samples::within(Values first) {
  fixed_.clear();
  fixed_count_ = 0;
  for (const std::string_view value : first) {
    fixed_.append(fixed_count_ > 0 ? "," : "").append(openers_[fixed_count_]);
    append_value(fixed_, value);
    fixed_ += '"';
    ++fixed_count_;
  }
  head_.assign(row_.name);
  if (row_.label_count() > 0) {
    head_.append(1, '{').append(fixed_);
  }
  if (row_.label_count() > fixed_count_) {
    head_.append(fixed_count_ > 0 ? "," : "").append(openers_[fixed_count_]);
  }
}

/// With their braces, but for the one that ends.
void Samples::append_labels(Values rest) {
  out_.append(1, '{').append(fixed_);
  size_t label = fixed_count_;
  for (const std::string_view value : rest) {
    if (label > 0) {
      out_ += ',';
    }
    out_.append(openers_[label++]);
    append_value(out_, value);
    out_ += '"';
  }
  CHECK(label == row_.label_count());
}

template <class Number>
void Samples::add_number(Values rest, Number value) {
  CHECK(fixed_count_ + rest.size() == row_.label_count());
  out_.append(head_);
  size_t label = fixed_count_;
  for (const std::string_view text : rest) {
    if (label > fixed_count_) {
      out_.append("\",").append(openers_[label]);
    }
    append_value(out_, text);
    ++label;
  }
  append_end(out_, rest.size() > 0 ? "\"} " : label > 0 ? "} " : " ", value);
}

void Samples::add(Values rest, uint64_t value) {
  add_number(rest, value);
}

void Samples::add(Values rest, double value) {
  add_number(rest, value);
}

void Samples::begin_line(std::string_view suffix, Values rest) {
  out_.append(row_.name).append(suffix);
  if (row_.label_count() > 0) {
    append_labels(rest);
    out_ += '}';
  }
}

void Samples::add(Values rest, const Histogram& histogram) {
  const auto begin_bucket = [&]() {
    out_.append(row_.name).append("_bucket");
    append_labels(rest);
    out_.append(row_.label_count() > 0 ? ",le=\"" : "le=\"");
  };
  uint64_t count = 0;
  for (size_t i = 0; i < histogram.bounds().size(); ++i) {
    count += histogram.count_in(i);
    begin_bucket();
    append_bound(out_, histogram.bounds()[i]);
    append_end(out_, "\"} ", count);
  }
  begin_bucket();
  append_end(out_, "+Inf\"} ", histogram.count());
  begin_line("_sum", rest);
  append_end(out_, " ", seconds(histogram.sum()));
  begin_line("_count", rest);
  append_end(out_, " ", histogram.count());
}

}  // namespace sidecar
