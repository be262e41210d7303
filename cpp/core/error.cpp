// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/error.hpp"

#include <utility>

namespace anamorph {

std::string Location::str() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  return text;
}

namespace {

/// Names out of foreign files stand in messages: a control character among them would cut the text short, or reach the
/// terminal.
std::string harmless(const std::string& text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t')
      out += c;
    else
      out += {'\\', 'x', hex[byte >> 4U], hex[byte & 15U]};
  }
  return out;
}

std::string compose(const std::string& message, const Location& where) {
  const std::string place = where.str();
  return harmless(place.empty() ? message : place + ": " + message);
}

}  // namespace

Error::Error(ErrorCode code, std::string id, const std::string& message, Location where)
    : std::runtime_error(compose(message, where)),
      code_(code),
      id_(std::move(id)),
      where_(std::move(where)) {}

}  // namespace anamorph
