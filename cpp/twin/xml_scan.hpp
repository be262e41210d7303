// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// An element of an XML text. Character data between elements is checked and left out.
struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  int parent = -1;  ///< place in the list; -1 for the root
  int line = 0;

  /// An attribute, or "" where it is missing.
  [[nodiscard]] std::string attribute(const std::string& key) const;
};

/// The elements in the order in which they begin. Throws Error{input} with line and column for a text that is not well
/// formed, and for a document type definition, which our files do not have.
[[nodiscard]] std::vector<XmlElement> scan_xml(std::string_view text);

/// Text for an element or an attribute: characters that XML does not allow, and bytes that are no UTF-8, become "?".
[[nodiscard]] std::string xml_text(std::string_view text);

}  // namespace anamorph
