// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "masks/layout_stream.hpp"
#include "masks/oasis_bytes.hpp"
#include "masks/oasis_encode.hpp"
#include "masks/oasis_inflate.hpp"

namespace anamorph::oasis {

/// Numbers of names in the order of their first use.
class NameNumbers {
 public:
  std::uint64_t of(const std::string& name) {
    const auto [at, added] = numbers_.try_emplace(name, numbers_.size());
    if (added) names_.push_back(&at->first);
    return at->second;
  }
  [[nodiscard]] const std::vector<const std::string*>& names() const noexcept { return names_; }

 private:
  std::unordered_map<std::string, std::uint64_t> numbers_;
  std::vector<const std::string*> names_;
};

/// The bytes of a file that is being written: records are gathered in a chunk, which becomes a CBLOCK where that is
/// shorter.
class Output {
 public:
  Output(ByteSink sink, bool compress) : sink_(std::move(sink)), compress_(compress) {}

  [[nodiscard]] std::string& chunk() noexcept { return chunk_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }  ///< of the next byte written
  [[nodiscard]] std::uint32_t crc() const noexcept { return crc_; }        ///< of all bytes so far

  /// Bytes outside of CBLOCKs; the chunk must be closed.
  void emit(std::string_view bytes) {
    crc_ = crc_with(crc_, bytes);
    offset_ += bytes.size();
    sink_(bytes);
  }

  void close() {
    if (compress_ && !chunk_.empty()) {
      const std::string packed = deflated(chunk_);
      std::string head;
      put_number(head, cblock);
      put_number(head, 0);
      put_number(head, chunk_.size());
      put_number(head, packed.size());
      if (head.size() + packed.size() < chunk_.size()) {
        emit(head);
        emit(packed);
        chunk_.clear();
      }
    }
    if (!chunk_.empty()) emit(chunk_);
    chunk_.clear();
  }

  /// Closes a chunk that is large enough: memory stays bounded, and compression gains nothing by more.
  void close_full() {
    if (chunk_.size() >= std::size_t{1} << 18) close();
  }

 private:
  ByteSink sink_;
  bool compress_;
  std::string chunk_;
  std::uint64_t offset_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace anamorph::oasis
