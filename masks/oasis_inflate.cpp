// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis_inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "cpp/core/error.hpp"

namespace anamorph::oasis {

namespace {
constexpr int raw_deflate = -15;  // no header of zlib, window of 32 KiB
}

struct Inflater::Stream {
  z_stream zlib{};
  std::array<char, 1 << 15> in{};
  std::array<char, 1 << 16> out{};

  Stream() {
    if (inflateInit2(&zlib, raw_deflate) != Z_OK) throw Error(ErrorCode::resource, "OAS-0011", "zlib has no memory");
  }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Inflater::Inflater(const ByteSource& source) : source_(source) {}
Inflater::~Inflater() = default;

void Inflater::begin(std::uint64_t record, std::uint64_t data, std::uint64_t deflated, std::uint64_t inflated) {
  if (!stream_) stream_ = std::make_unique<Stream>();
  inflateReset2(&stream_->zlib, raw_deflate);
  stream_->zlib.avail_in = 0;
  wrong_.clear();
  record_ = record;
  data_ = data;
  deflated_ = deflated;
  inflated_ = inflated;
  taken_ = made_ = 0;
  ended_ = false;
}

std::size_t Inflater::inflate_some(char* into, std::size_t room) {
  z_stream& zlib = stream_->zlib;
  zlib.next_out = reinterpret_cast<Bytef*>(into);
  zlib.avail_out = static_cast<uInt>(room);
  while (zlib.avail_out == room && !ended_) {
    if (zlib.avail_in == 0 && taken_ < deflated_) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(stream_->in.size(), deflated_ - taken_));
      const std::size_t got = source_.read(data_ + taken_, {stream_->in.data(), want});
      taken_ += got;
      zlib.next_in = reinterpret_cast<Bytef*>(stream_->in.data());
      zlib.avail_in = static_cast<uInt>(got);
    }
    const bool starved = zlib.avail_in == 0;
    const int state = inflate(&zlib, Z_NO_FLUSH);
    if (state == Z_STREAM_END) {
      ended_ = true;
    } else if (state != Z_OK && state != Z_BUF_ERROR) {
      wrong_ = std::string("has a CBLOCK that is no DEFLATE stream (") + (zlib.msg ? zlib.msg : "broken") + ")";
      break;
    } else if (starved && zlib.avail_out == room) {
      wrong_ = "has a CBLOCK whose DEFLATE stream is cut short";
      break;
    }
  }
  return room - zlib.avail_out;
}

std::string_view Inflater::next() {
  if (!wrong_.empty() || made_ == inflated_) return {};
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(stream_->out.size(), inflated_ - made_));
  const std::size_t count = inflate_some(stream_->out.data(), room);
  made_ += count;
  if (count == 0 && wrong_.empty())
    wrong_ = "has a CBLOCK that inflates to " + std::to_string(made_) + " bytes, not " + std::to_string(inflated_);
  return {stream_->out.data(), wrong_.empty() ? count : 0};
}

std::string Inflater::finish() {
  if (!ended_) {
    char more = 0;
    if (inflate_some(&more, 1) != 0)
      return "has a CBLOCK that inflates to more than the " + std::to_string(inflated_) + " bytes it states";
    if (!wrong_.empty()) return wrong_;
  }
  const std::uint64_t used = taken_ - stream_->zlib.avail_in;
  if (used != deflated_)
    return "has a CBLOCK whose DEFLATE stream takes " + std::to_string(used) + " bytes, not " +
           std::to_string(deflated_);
  return {};
}

std::string deflated(std::string_view bytes) {
  z_stream zlib{};
  if (deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_deflate, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error(ErrorCode::resource, "OAS-0011", "zlib has no memory");
  std::string result(deflateBound(&zlib, bytes.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.next_out = reinterpret_cast<Bytef*>(result.data());
  std::size_t in_left = bytes.size();
  std::size_t out_left = result.size();
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  int state = Z_OK;
  while (state == Z_OK) {  // zlib counts in 32 bits
    const std::size_t in = std::min(in_left, most);
    const std::size_t out = std::min(out_left, most);
    zlib.avail_in = static_cast<uInt>(in);
    zlib.avail_out = static_cast<uInt>(out);
    state = deflate(&zlib, in == in_left ? Z_FINISH : Z_NO_FLUSH);
    in_left -= in - zlib.avail_in;
    out_left -= out - zlib.avail_out;
  }
  deflateEnd(&zlib);
  if (state != Z_STREAM_END) throw Error(ErrorCode::resource, "OAS-0011", "zlib did not finish");
  result.resize(result.size() - out_left);
  return result;
}

std::uint32_t crc_with(std::uint32_t before, std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace anamorph::oasis
