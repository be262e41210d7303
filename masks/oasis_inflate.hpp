// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "masks/layout_stream.hpp"

namespace anamorph::oasis {

/// One CBLOCK at a time, inflated piece by piece through two buffers of fixed size.
class Inflater {
 public:
  explicit Inflater(const ByteSource& source);
  ~Inflater();

  /// The CBLOCK record at `record`, whose `deflated` bytes lie at `data` and say that they become `inflated`.
  void begin(std::uint64_t record, std::uint64_t data, std::uint64_t deflated, std::uint64_t inflated);
  /// The next bytes; empty when there are no more, or when wrong() says what is the matter.
  std::string_view next();
  /// After the last byte: what is not as stated, or nothing.
  std::string finish();

  [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }
  [[nodiscard]] std::uint64_t record() const noexcept { return record_; }
  [[nodiscard]] std::uint64_t after() const noexcept { return data_ + deflated_; }
  [[nodiscard]] std::uint64_t inflated() const noexcept { return inflated_; }

 private:
  struct Stream;
  std::size_t inflate_some(char* into, std::size_t room);

  const ByteSource& source_;
  std::unique_ptr<Stream> stream_;  // made for the first CBLOCK
  std::string wrong_;
  std::uint64_t record_ = 0;
  std::uint64_t data_ = 0;
  std::uint64_t deflated_ = 0;
  std::uint64_t inflated_ = 0;
  std::uint64_t taken_ = 0;  // of the deflated bytes
  std::uint64_t made_ = 0;   // of the inflated ones
  bool ended_ = false;
};

/// `bytes` as a raw DEFLATE stream.
[[nodiscard]] std::string deflated(std::string_view bytes);

/// Sum of validation scheme 1 (CRC-32 of ISO 3309) so far, with further bytes.
[[nodiscard]] std::uint32_t crc_with(std::uint32_t before, std::string_view bytes);

}  // namespace anamorph::oasis
