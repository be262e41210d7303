// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// A file in a zip archive.
struct ZipMember {
  std::string name;  ///< path with '/'
  std::string bytes;
  bool executable = false;
  std::string damage{};  ///< when read: what is wrong with it; empty when its checksum fits
};

/// An archive of the members in the order given. They bear the earliest date of the format, so that the same members
/// give the same bytes. Throws Error{resource} when the archive cannot be made.
[[nodiscard]] std::string zip_bytes(std::span<const ZipMember> members);

/// The members of an archive. Throws Error{input} for bytes that are no zip archive, or one with more than `limit`
/// bytes in it.
[[nodiscard]] std::vector<ZipMember> read_zip(std::string_view bytes, std::size_t limit = std::size_t{1} << 30);

}  // namespace anamorph
