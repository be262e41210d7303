// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/xml_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/html.hpp"

namespace anamorph {

namespace {

/// Length of the UTF-8 character at the begin of `text`, 0 for bytes that are none or a character not allowed in XML.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t code = first & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool forbidden = (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff || code > 0x10ffff;
  return too_long || forbidden ? 0 : length;
}

std::string utf8(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<XmlElement> run() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    if (ahead("<?xml")) skip_to("?>");
    std::vector<int> open;
    while (at_ < text_.size()) {
      if (ahead("<!--")) {
        skip_to("-->");
      } else if (ahead("<![CDATA[") && !open.empty()) {
        skip_to("]]>");
      } else if (ahead("<!")) {
        fail("a document type definition is not expected");
      } else if (ahead("<?")) {
        skip_to("?>");
      } else if (ahead("</")) {
        at_ += 2;
        const std::string closed = name();
        blanks();
        take('>');
        if (open.empty() || elements_[static_cast<std::size_t>(open.back())].name != closed)
          fail("</" + closed + "> closes nothing that is open");
        open.pop_back();
      } else if (text_[at_] == '<') {
        if (open.empty() && !elements_.empty()) fail("a second root element");
        if (element(open.empty() ? -1 : open.back())) open.push_back(static_cast<int>(elements_.size()) - 1);
      } else {
        if (open.empty() && !blank(text_[at_])) fail("text outside the root element");
        plain();
      }
    }
    if (!open.empty()) fail("<" + elements_[static_cast<std::size_t>(open.back())].name + "> is not closed");
    if (elements_.empty()) fail("there is no element");
    return std::move(elements_);
  }

 private:
  static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  [[nodiscard]] bool ahead(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  [[noreturn]] void fail(const std::string& what) const {
    const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t last = before.rfind('\n');
    const std::size_t column = before.size() - (last == before.npos ? 0 : last + 1) + 1;
    throw Error(ErrorCode::input, "XML-0001", what, {"XML", static_cast<int>(line), static_cast<int>(column)});
  }

  void skip_to(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    if (found == text_.npos) fail("'" + std::string(end) + "' is missing");
    at_ = found + end.size();
  }
  void blanks() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  void take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) fail(std::string("expected '") + c + "'");
    ++at_;
  }
  std::string name() {
    const std::size_t begin = at_;
    const auto fits = [&](char c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (c & 0x80);
      return letter || (at_ > begin && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
    };
    while (at_ < text_.size() && fits(text_[at_])) ++at_;
    if (at_ == begin) fail("expected a name");
    return std::string(text_.substr(begin, at_ - begin));
  }
  /// One character of text, references resolved.
  std::string plain() {
    if (text_[at_] != '&') {
      const std::size_t length = character(text_.substr(at_));
      if (length == 0) fail("a byte that XML does not allow");
      at_ += length;
      return std::string(text_.substr(at_ - length, length));
    }
    const std::size_t end = text_.find(';', at_);
    const std::string_view entity = end == text_.npos ? "" : text_.substr(at_ + 1, end - at_ - 1);
    static constexpr std::pair<std::string_view, const char*> named[]{
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    for (const auto& [key, value] : named) {
      if (entity != key) continue;
      at_ = end + 1;
      return value;
    }
    if (entity.starts_with("#")) {
      const bool hex = entity.starts_with("#x");
      const std::string_view digits = entity.substr(hex ? 2 : 1);
      std::uint32_t code = 0;
      const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      if (problem == std::errc() && stop == digits.data() + digits.size() && code < 0x110000 && character(utf8(code))) {
        at_ = end + 1;
        return utf8(code);
      }
    }
    fail("'&' begins no reference that XML knows");
  }

  /// Whether the element stays open.
  bool element(int parent) {
    XmlElement found;
    found.parent = parent;
    for (; counted_ < at_; ++counted_) line_ += text_[counted_] == '\n' ? 1 : 0;
    found.line = line_;
    take('<');
    found.name = name();
    bool open = true;
    for (;;) {
      const std::size_t begin = at_;
      blanks();
      if (ahead("/>")) {
        at_ += 2;
        open = false;
        break;
      }
      if (ahead(">")) {
        ++at_;
        break;
      }
      if (at_ == begin) fail("expected a blank, '>' or '/>'");
      const std::string key = name();
      blanks();
      take('=');
      blanks();
      const char quote = at_ < text_.size() ? text_[at_] : 0;
      if (quote != '"' && quote != '\'') fail("the value of '" + key + "' is not in quotes");
      ++at_;
      std::string value;
      while (at_ < text_.size() && text_[at_] != quote) {
        if (text_[at_] == '<') fail("'<' in the value of '" + key + "'");
        value += plain();
      }
      take(quote);
      if (!found.attributes.emplace(key, std::move(value)).second) fail("'" + key + "' is given twice");
    }
    elements_.push_back(std::move(found));
    return open;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;  // of the character `counted_`
  std::size_t counted_ = 0;
  std::vector<XmlElement> elements_;
};

}  // namespace

std::string XmlElement::attribute(const std::string& key) const {
  const auto found = attributes.find(key);
  return found == attributes.end() ? std::string() : found->second;
}

std::vector<XmlElement> scan_xml(std::string_view text) { return Scanner(text).run(); }

std::string xml_text(std::string_view text) {
  std::string allowed;
  while (!text.empty()) {
    const std::size_t length = character(text);
    allowed += length == 0 ? "?" : std::string(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return html::escape(allowed);
}

}  // namespace anamorph
