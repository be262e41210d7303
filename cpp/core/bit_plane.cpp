// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/bit_plane.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace anamorph {

namespace {

using Word = BitPlane::Word;
constexpr int word_bits = 64;
static_assert(std::endian::native == std::endian::little, "eight pixels are packed as one little-endian number");

/// Eight pixels, one per byte, to eight bits, and back.
Word gather_bits(Word bytes) { return (bytes * 0x0102040810204080U) >> 56U; }
Word scatter_bits(Word bits) {
  const Word one_in_each = (bits * 0x0101010101010101U) & 0x8040201008040201U;
  return ((one_in_each + 0x7f7f7f7f7f7f7f7fU) >> 7U) & 0x0101010101010101U;
}

/// Rows of a disc that share a length; they begin at (diameter - length) / 2.
std::map<int, std::vector<int>> chords_of_disc(int diameter) {
  std::map<int, std::vector<int>> rows_of_length;
  for (int row = 0; row < diameter; ++row) {
    // Twice the distance of the row from the centre, and twice that of the chord's last pixel, so that all are whole.
    const long v = 2L * row - (diameter - 1);
    int length = diameter;
    while (static_cast<long>(length - 1) * (length - 1) + v * v > static_cast<long>(diameter) * diameter) length -= 2;
    rows_of_length[length].push_back(row);
  }
  return rows_of_length;
}

/// Word w of a row moved down by `shift` bits.
Word shifted(const Word* words, std::size_t w, int shift) {
  const auto skip = static_cast<std::size_t>(shift / word_bits);
  const int bits = shift % word_bits;
  return (words[w + skip] >> bits) | (words[w + skip + 1] << 1U << (word_bits - 1 - bits));
}

}  // namespace

BitPlane::BitPlane(int ny, int nx)
    : ny_(ny),
      nx_(nx),
      row_words_(static_cast<std::size_t>((nx + word_bits - 1) / word_bits)),
      words_(static_cast<std::size_t>(ny) * row_words_ + 1, 0) {}

BitPlane::BitPlane(const Bitmap& bitmap) : BitPlane(bitmap.ny(), bitmap.nx()) {
  for (int y = 0; y < ny_; ++y) set_row(y, bitmap.row(y));
}

void BitPlane::set_row(int y, const std::uint8_t* pixels) noexcept {
  Word* const words = row(y);
  std::fill_n(words, row_words_, Word{0});
  for (int x = 0; x < nx_; x += 8) {
    Word eight = 0;
    std::memcpy(&eight, pixels + x, static_cast<std::size_t>(std::min(8, nx_ - x)));
    words[x / word_bits] |= gather_bits(eight) << (x % word_bits);
  }
}

Bitmap BitPlane::bitmap() const {
  Bitmap bitmap(ny_, nx_);
  for (int y = 0; y < ny_; ++y) {
    const Word* const words = row(y);
    std::uint8_t* const pixels = bitmap.row(y);
    for (int x = 0; x < nx_; x += 8) {
      const Word eight = scatter_bits((words[x / word_bits] >> (x % word_bits)) & 0xffU);
      std::memcpy(pixels + x, &eight, static_cast<std::size_t>(std::min(8, nx_ - x)));
    }
  }
  return bitmap;
}

bool BitPlane::none() const noexcept {
  return std::all_of(words_.begin(), words_.end(), [](Word word) { return word == 0; });
}

Word BitPlane::last_word_mask() const noexcept {
  const int bits = nx_ % word_bits;
  return bits == 0 ? ~Word{0} : (Word{1} << bits) - 1;
}

BitPlane BitPlane::complement() const {
  BitPlane result(ny_, nx_);
  for (int y = 0; y < ny_; ++y) {
    std::transform(row(y), row(y) + row_words_, result.row(y), [](Word word) { return ~word; });
    if (row_words_ > 0) result.row(y)[row_words_ - 1] &= last_word_mask();
  }
  return result;
}

BitPlane BitPlane::minus(const BitPlane& other) const {
  BitPlane result(ny_, nx_);
  std::transform(words_.begin(), words_.end(), other.words_.begin(), result.words_.begin(),
                 [](Word a, Word b) { return a & ~b; });
  return result;
}

/// Row y from pixel x on, going round at its end as often as it takes to fill `count` words.
void BitPlane::copy_periodic(int y, int x, std::size_t count, Word* out) const noexcept {
  for (std::size_t w = 0; w < count; ++w) {
    Word word = 0;
    for (int filled = 0; filled < word_bits;) {
      const int take = std::min(word_bits - filled, nx_ - x);
      const Word piece = shifted(row(y) + x / word_bits, 0, x % word_bits) & (~Word{0} >> (word_bits - take));
      word |= piece << filled;
      filled += take;
      x = x + take == nx_ ? 0 : x + take;
    }
    out[w] = word;
  }
}

/// result(y, x) = 1 where all pixels (y + j - origin, x + i - origin) are, (j, i) in the disc counted from the
/// lower-left corner of its box. The disc is taken as runs: ones in a run of L pixels are found from runs of 2, 4, 8
/// ... pixels.
BitPlane BitPlane::eroded(int diameter, int origin) const {
  const std::map<int, std::vector<int>> chords = chords_of_disc(diameter);
  const auto reach = static_cast<std::size_t>(diameter / word_bits + 2);
  const int doublings = std::bit_width(static_cast<unsigned>(diameter));
  // runs[k][x] = 1 where a run of 2^k ones begins; valid for as long as the last chord needs it.
  std::vector<std::vector<Word>> runs(static_cast<std::size_t>(doublings),
                                      std::vector<Word>(row_words_ + 2 * reach, 0));
  std::vector<Word> chord_fits(row_words_);

  BitPlane result(ny_, nx_);
  std::fill(result.words_.begin(), result.words_.end(), ~Word{0});
  const int first = ((-origin) % nx_ + nx_) % nx_;
  for (int y = 0; y < ny_; ++y) {
    copy_periodic(y, first, row_words_ + reach, runs[0].data());
    for (std::size_t k = 1; k < runs.size(); ++k) {
      const Word* const shorter = runs[k - 1].data();
      Word* const longer = runs[k].data();
      for (std::size_t w = 0; w < row_words_ + reach; ++w) longer[w] = shorter[w] & shifted(shorter, w, 1 << (k - 1));
    }
    for (const auto& [length, rows] : chords) {
      const int k = std::bit_width(static_cast<unsigned>(length)) - 1;
      const Word* const run = runs[static_cast<std::size_t>(k)].data();
      const int begin = (diameter - length) / 2;
      const int end = begin + length - (1 << k);
      for (std::size_t w = 0; w < row_words_; ++w) chord_fits[w] = shifted(run, w, begin) & shifted(run, w, end);
      for (const int j : rows) {
        const int target = ((y - j + origin) % ny_ + ny_) % ny_;
        Word* const out = result.row(target);
        for (std::size_t w = 0; w < row_words_; ++w) out[w] &= chord_fits[w];
      }
    }
  }
  for (int y = 0; y < ny_; ++y) result.row(y)[row_words_ - 1] &= last_word_mask();
  result.words_.back() = 0;
  return result;
}

BitPlane BitPlane::opened(int diameter) const {
  // A disc is its own mirror image, so the dilation is an erosion of the complement from the opposite corner of the
  // box.
  return eroded(diameter, 0).complement().eroded(diameter, diameter - 1).complement();
}

BitPlane BitPlane::dilated(int diameter) const { return complement().eroded(diameter, diameter / 2).complement(); }

int BitPlane::find(int y, int x, bool one) const noexcept {
  const Word* const words = row(y);
  const Word flip = one ? Word{0} : ~Word{0};
  while (x < nx_) {
    const Word ahead = (words[x / word_bits] ^ flip) >> (x % word_bits);
    if (ahead != 0) return std::min(x + std::countr_zero(ahead), nx_);
    x += word_bits - x % word_bits;
  }
  return nx_;
}

void BitPlane::append_runs(int y, std::vector<Run>& runs) const {
  for (int x = find(y, 0, true); x < nx_;) {
    const int end = find(y, x, false);
    runs.push_back({x, end});
    x = find(y, end, true);
  }
}

bool BitPlane::any_in(int y, Run run) const noexcept { return find(y, run.x0, true) < run.x1; }

void BitPlane::set(int y, Run run) noexcept {
  for (int x = run.x0; x < run.x1;) {
    const int take = std::min(word_bits - x % word_bits, run.x1 - x);
    row(y)[x / word_bits] |= (~Word{0} >> (word_bits - take)) << (x % word_bits);
    x += take;
  }
}

}  // namespace anamorph
