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
std::string compose(const std::string& message, const Location& where) {
  const std::string place = where.str();
  return place.empty() ? message : place + ": " + message;
}
}  // namespace

Error::Error(ErrorCode code, std::string id, const std::string& message, Location where)
    : std::runtime_error(compose(message, where)),
      code_(code),
      id_(std::move(id)),
      where_(std::move(where)) {}

}  // namespace anamorph
