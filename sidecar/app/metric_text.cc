#include "app/metric_text.h"

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
  bool is_so = true;
  for (const char c : text) {
    is_so = is_so && c != '"' && c != '\\' && c != '\n';
  }
  return is_so;
}

void append_value(std::string& out, std::string_view value) {
  if (is_plain(value)) {
    out.append(value);
  } else {
    append_escaped(out, value, "\"\\\n");
  }
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
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
}

void Samples::append_labels(Values rest) {
  out_.append(fixed_);
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

void Samples::begin_line(std::string_view suffix, Values rest) {
  out_.append(row_.name).append(suffix);
  if (row_.labels[0] != Label::kNone) {
    out_ += '{';
    append_labels(rest);
    out_ += '}';
  }
  out_ += ' ';
}

void Samples::end_line(uint64_t value) {
  append_number(out_, value);
  out_ += '\n';
}

void Samples::end_line(double value) {
  if (std::isfinite(value)) {
    append_number(out_, value);
  } else {
    out_.append(std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
  }
  out_ += '\n';
}

void Samples::add(Values rest, uint64_t value) {
  begin_line("", rest);
  end_line(value);
}

void Samples::add(Values rest, double value) {
  begin_line("", rest);
  end_line(value);
}

void Samples::add(Values rest, const Histogram& histogram) {
  const auto begin_bucket = [&]() {
    out_.append(row_.name).append("_bucket{");
    append_labels(rest);
    out_.append(row_.labels[0] != Label::kNone ? ",le=\"" : "le=\"");
  };
  uint64_t count = 0;
  for (size_t i = 0; i < histogram.bounds().size(); ++i) {
    count += histogram.count_in(i);
    begin_bucket();
    append_bound(out_, histogram.bounds()[i]);
    out_.append("\"} ");
    end_line(count);
  }
  begin_bucket();
  out_.append("+Inf\"} ");
  end_line(histogram.count());
  begin_line("_sum", rest);
  end_line(seconds(histogram.sum()));
  begin_line("_count", rest);
  end_line(histogram.count());
}

}  // namespace sidecar
