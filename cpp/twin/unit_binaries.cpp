// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The build passes the paths of the three binaries and compiles this file anew when they change.
#include "cpp/twin/unit_binaries.hpp"

#include <cstddef>

// clang-format off
// `.incbin \"` has to stand in one piece: by it ccache knows that the object depends on more than this text.
#define ANAMORPH_EMBED(begin, end, file)                          \
  asm(".pushsection .rodata\n"                                    \
      ".global " #begin "\n.hidden " #begin "\n"                  \
      ".global " #end "\n.hidden " #end "\n"                      \
      ".balign 16\n"                                              \
      #begin ":\n"                                                \
      ".incbin \"" file "\"\n"                                    \
      #end ":\n"                                                  \
      ".byte 0\n"                                                 \
      ".popsection\n");                                           \
  extern "C" const char begin[], end[]
// clang-format on

ANAMORPH_EMBED(anamorph_unit_lithography, anamorph_unit_lithography_end, ANAMORPH_UNIT_LITHOGRAPHY);
ANAMORPH_EMBED(anamorph_unit_etch, anamorph_unit_etch_end, ANAMORPH_UNIT_ETCH);
ANAMORPH_EMBED(anamorph_unit_control, anamorph_unit_control_end, ANAMORPH_UNIT_CONTROL);

namespace anamorph {

std::string_view unit_binary(UnitKind kind) {
  const auto between = [](const char* begin, const char* end) {
    return std::string_view(begin, static_cast<std::size_t>(end - begin));
  };
  switch (kind) {
    case UnitKind::lithography:
      return between(anamorph_unit_lithography, anamorph_unit_lithography_end);
    case UnitKind::etch:
      return between(anamorph_unit_etch, anamorph_unit_etch_end);
    case UnitKind::control:
      return between(anamorph_unit_control, anamorph_unit_control_end);
  }
  return {};
}

std::string_view unit_platform() { return ANAMORPH_UNIT_PLATFORM; }

}  // namespace anamorph
