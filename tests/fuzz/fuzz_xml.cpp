// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/twin/xml_scan.hpp"

/// Any bytes give either an Error{input} with its line or a tree; any bytes are a value after xml_text().
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  try {
    const std::vector<XmlElement> elements = scan_xml(text);
    require(!elements.empty() && elements[0].parent == -1);
    for (std::size_t i = 1; i < elements.size(); ++i) {
      require(elements[i].parent >= 0 && elements[i].parent < static_cast<int>(i) && !elements[i].name.empty());
      require(elements[i].line >= elements[i - 1].line);
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().line > 0);
  }
  const std::vector<XmlElement> written = scan_xml("<a b=\"" + xml_text(text) + "\">" + xml_text(text) + "</a>");
  require(written.size() == 1 && xml_text(written[0].attribute("b")) == xml_text(text));
  return 0;
}
