// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <bit>
#include <climits>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>

#include "cpp/backend/islands.hpp"
#include "cpp/core/bit_plane.hpp"
#include "cuda/plans.hpp"
#include "cuda/refine.hpp"

// Bitmaps as rows of 32-bit words, laid out as BitPlane has them: the first pixel in the lowest bit, an even number of
// words to a row, zeros after its last pixel. Nothing here rounds, and where threads meet they add, or take the least
// of, whole numbers: the result never depends on their order.

namespace anamorph::cuda {
namespace {

using Word = std::uint32_t;
constexpr Word kAll = ~Word{0};

struct Size {
  int ny, nx, pitch;  ///< rows, pixels of a row, words of a row

  [[nodiscard]] ANAMORPH_HD std::size_t words() const { return static_cast<std::size_t>(ny) * pitch; }
  /// Which bits of word w of a row are pixels.
  __device__ Word pixels(int w) const {
    const int bits = nx - 32 * w;
    return bits >= 32 ? kAll : bits <= 0 ? Word{0} : kAll >> (32 - bits);
  }
};

Size size_of(int ny, int nx) { return {ny, nx, (nx + 63) / 64 * 2}; }
Size size_of(const Bitmaps& x) { return size_of(x.ny(), x.nx()); }
Word* words(Bitmaps& x) { return static_cast<Word*>(x.storage()); }
const Word* words(const Bitmaps& x) { return static_cast<const Word*>(x.storage()); }

__device__ int wrapped(int i, int n) {
  i %= n;
  return i < 0 ? i + n : i;
}

// Discs. The erosion by a disc is taken row by row of the disc: a run of L ones begins where one of 2^k ones does and
// another, L - 2^k further on, with 2^k <= L the largest. Blocks keep a tile of the bitmap, and from it the beginnings
// of runs of 1, 2, 4 ... ones, in shared memory.

struct DiscRow {
  int row;         ///< of the disc, from below
  int begin, end;  ///< where its two runs of 2^level begin, px from the left of the disc's box
  int level;
};

constexpr int kTileWords = 8, kTileRows = kThreads / kTileWords;
constexpr std::size_t kTileBytes = 48 << 10;

/// How a disc is taken: `chunk` rows at a time, each chunk by rising level, so that the tile fits in shared memory.
struct Disc {
  Buffer<DiscRow> rows;
  int diameter, chunk;
  int used, pitch;  ///< words of a row of the tile: with pixels, and with padding
  std::size_t shared_bytes;
};

Disc make_disc(const Device& device, int diameter) {
  Disc disc{};
  disc.diameter = diameter;
  disc.used = kTileWords + (diameter + 30) / 32;
  // The eight words of each of the four rows that a warp reads at once lie in different banks.
  disc.pitch = disc.used;
  while (disc.pitch % 32 != 8 && disc.pitch % 32 != 24) ++disc.pitch;
  const int most_rows = static_cast<int>(kTileBytes / (2 * sizeof(Word))) / disc.pitch;
  disc.chunk = std::min(diameter, most_rows - kTileRows + 1);
  disc.shared_bytes =
      2 * sizeof(Word) * static_cast<std::size_t>(kTileRows + disc.chunk - 1) * static_cast<std::size_t>(disc.pitch);
  std::vector<DiscRow> rows;
  for (int row = 0; row < diameter; ++row) {
    const long v = 2L * row - (diameter - 1);
    int length = diameter;
    while (static_cast<long>(length - 1) * (length - 1) + v * v > static_cast<long>(diameter) * diameter) length -= 2;
    const int level = std::bit_width(static_cast<unsigned>(length)) - 1, begin = (diameter - length) / 2;
    rows.push_back({row, begin, begin + length - (1 << level), level});
  }
  for (int first = 0; first < diameter; first += disc.chunk)
    std::stable_sort(rows.begin() + first, rows.begin() + std::min(diameter, first + disc.chunk),
                     [](const DiscRow& a, const DiscRow& b) { return a.level < b.level; });
  disc.rows = {device, rows};
  return disc;
}

/// 32 pixels of a row from x on, going round at its end as often as it takes.
__device__ Word periodic_word(const Word* row, const Size& size, int x) {
  Word word = 0;
  for (int filled = 0; filled < 32;) {
    const int w = x / 32, take = std::min(32 - filled, size.nx - x);
    const Word piece = __funnelshift_r(row[w], w + 1 < size.pitch ? row[w + 1] : Word{0}, x % 32);
    word |= (piece & (kAll >> (32 - take))) << filled;
    filled += take;
    x = x + take == size.nx ? 0 : x + take;
  }
  return word;
}

/// Word w of a row of the tile, moved down by `shift` bits.
__device__ Word moved(const Word* row, int w, int used, int shift) {
  w += shift / 32;
  return __funnelshift_r(w < used ? row[w] : Word{0}, w + 1 < used ? row[w + 1] : Word{0}, shift % 32);
}

/// The words of a tile that a thread takes, one after another, without a division for each.
struct TileWords {
  int row, w, row_step, w_step, used;

  __device__ TileWords(unsigned thread, int in_used)
      : row(static_cast<int>(thread) / in_used),
        w(static_cast<int>(thread) % in_used),
        row_step(kThreads / in_used),
        w_step(kThreads % in_used),
        used(in_used) {}
  __device__ void next() {
    row += row_step;
    w += w_step;
    if (w >= used) {
      w -= used;
      ++row;
    }
  }
};

/// out(y, x) = 1 where all pixels (y + j - origin, x + i - origin) are, (j, i) in the disc counted from the lower-left
/// corner of its box. Either side can be taken as its complement.
__global__ void __launch_bounds__(kThreads)
    erode_kernel(const Word* in, Word* out, Size size, const DiscRow* rows, int diameter, int chunk, int used,
                 int pitch, int origin, bool flip_in, bool flip_out) {
  Word* runs = dynamic_shared<Word>();
  Word* longer = runs + static_cast<std::ptrdiff_t>(kTileRows + chunk - 1) * pitch;
  const Word* const bitmap = in + blockIdx.z * size.words();
  const int lane = static_cast<int>(threadIdx.x) % kTileWords, line = static_cast<int>(threadIdx.x) / kTileWords;
  const int w0 = static_cast<int>(blockIdx.x) * kTileWords, y0 = static_cast<int>(blockIdx.y) * kTileRows;
  Word fits = kAll;
  for (int first = 0; first < diameter; first += chunk) {
    const int end = std::min(diameter, first + chunk), height = kTileRows + end - first - 1;
    __syncthreads();  // the chunk before has been read
    for (TileWords at(threadIdx.x, used); at.row < height; at.next()) {
      const Word* const row =
          bitmap + static_cast<std::size_t>(wrapped(y0 + first - origin + at.row, size.ny)) * size.pitch;
      const Word word = periodic_word(row, size, wrapped(32 * (w0 + at.w) - origin, size.nx));
      runs[at.row * pitch + at.w] = flip_in ? ~word : word;
    }
    __syncthreads();
    int level = 0;
    for (int r = first; r < end; ++r) {
      const DiscRow disc = rows[r];
      for (; level < disc.level; ++level) {
        for (TileWords at(threadIdx.x, used); at.row < height; at.next()) {
          const Word* const row = runs + at.row * pitch;
          longer[at.row * pitch + at.w] = row[at.w] & moved(row, at.w, used, 1 << level);
        }
        __syncthreads();
        Word* const shorter = runs;
        runs = longer;
        longer = shorter;
      }
      const Word* const row = runs + (line + disc.row - first) * pitch;
      fits &= moved(row, lane, used, disc.begin) & moved(row, lane, used, disc.end);
    }
  }
  const int y = y0 + line, w = w0 + lane;
  if (y < size.ny && w < size.pitch)
    out[blockIdx.z * size.words() + static_cast<std::size_t>(y) * size.pitch + w] =
        (flip_out ? ~fits : fits) & size.pixels(w);
}

// Islands. A node for each run of ones within a row; runs that touch are joined in a forest whose links lead to lower
// nodes, so that the root of an island is its first run (union-find as in Playne and Hawick, IEEE TPDS 29, 2018, on
// runs instead of pixels).

/// Row of a bitmap, or of its complement.
struct Row {
  const Word* words;
  Size size;
  Word flip;

  __device__ Word operator[](int w) const { return (words[w] ^ flip) & size.pixels(w); }
  __device__ Word before(int w) const { return w > 0 ? (*this)[w - 1] : Word{0}; }

  /// Ends of the run that holds pixel x: its first pixel, and the one after its last.
  __device__ int run_begin(int x) const {
    int w = x / 32;
    Word zeros = ~(*this)[w] & (kAll >> (31 - x % 32));
    while (zeros == 0 && w > 0) zeros = ~(*this)[--w];
    return zeros == 0 ? 0 : 32 * w + 32 - __clz(static_cast<int>(zeros));
  }
  __device__ int run_end(int x) const {
    int w = x / 32;
    Word zeros = ~(*this)[w] & (kAll << (x % 32));
    while (zeros == 0 && 32 * (w + 1) < size.nx) zeros = ~(*this)[++w];
    return zeros == 0 ? size.nx : 32 * w + __ffs(static_cast<int>(zeros)) - 1;
  }
};

/// An island that grows.
struct Island {
  int entry, y, x, area;      ///< y, x of its first pixel
  unsigned long long dy, dx;  ///< sums of the ways from there to its pixels; signed numbers in two's complement
};

struct Forest {
  const Word* in;
  Size size;
  Word flip;
  int* parent;  ///< [entry][node]; node = y * half + x / 2 for a run that begins at x
  int* area;    ///< [entry][node], of the roots; counted up to `enough`
  int enough;

  [[nodiscard]] ANAMORPH_HD int half() const { return (size.nx + 1) / 2; }
  [[nodiscard]] ANAMORPH_HD std::size_t nodes() const { return static_cast<std::size_t>(size.ny) * half(); }
  __device__ Row row(unsigned entry, int y) const {
    return {in + entry * size.words() + static_cast<std::size_t>(y) * size.pitch, size, flip};
  }
  __device__ int node(int y, int x) const { return y * half() + x / 2; }
};

/// Where the ones of `word` begin, given the word before.
__device__ Word beginnings(Word word, Word before) { return word & ~(word << 1U | before >> 31U); }

/// Others may be writing: what is read is some ancestor, though perhaps no longer the nearest to the root.
__device__ int read(const int* place) { return *static_cast<const volatile int*>(place); }

__device__ int root(const int* parent, int node) {
  for (int above = read(parent + node); above != node; above = read(parent + node)) node = above;
  return node;
}

__device__ void join(int* parent, int a, int b) {
  a = root(parent, a);
  b = root(parent, b);
  while (a != b) {
    const int low = a < b ? a : b, high = a < b ? b : a;
    const int above = atomicMin(parent + high, low);
    if (above == high) return;
    // Another thread has linked `high` in between: what it was linked to belongs to the island as well.
    a = root(parent, above);
    b = root(parent, low);
  }
}

/// body(entry, y, w) for all words.
template <typename Body>
__global__ void __launch_bounds__(kThreads) words_kernel(Size size, Body body) {
  const int w = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x),
            y = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  if (w < size.pitch && y < size.ny) body(blockIdx.z, y, w);
}

/// visit(x) for the first pixels of the runs that begin in word w.
template <typename Visit>
__device__ void each_run(const Row& row, int w, const Visit& visit) {
  for (Word rest = beginnings(row[w], row.before(w)); rest != 0; rest &= rest - 1)
    visit(32 * w + __ffs(static_cast<int>(rest)) - 1);
}

struct PlantRuns {
  Forest forest;
  __device__ void operator()(unsigned entry, int y, int w) const {
    each_run(forest.row(entry, y), w, [&](int x) {
      const int node = forest.node(y, x);
      forest.parent[entry * forest.nodes() + node] = node;
      forest.area[entry * forest.nodes() + node] = 0;
    });
  }
};

struct JoinRuns {
  Forest forest;
  __device__ void operator()(unsigned entry, int y, int w) const {
    int* const parent = forest.parent + entry * forest.nodes();
    const int nx = forest.size.nx, y_below = y == 0 ? forest.size.ny - 1 : y - 1;
    const Row here = forest.row(entry, y), below = forest.row(entry, y_below);
    if (w == 0 && (here[0] & 1U) != 0 && (here[(nx - 1) / 32] >> (nx - 1) % 32 & 1U) != 0)
      join(parent, forest.node(y, 0), forest.node(y, here.run_begin(nx - 1)));
    for (Word rest = beginnings(here[w] & below[w], here.before(w) & below.before(w)); rest != 0; rest &= rest - 1) {
      const int x = 32 * w + __ffs(static_cast<int>(rest)) - 1;
      join(parent, forest.node(y, here.run_begin(x)), forest.node(y_below, below.run_begin(x)));
    }
  }
};

/// Links every run to its root and counts the pixels there.
struct CountPixels {
  Forest forest;
  __device__ void operator()(unsigned entry, int y, int w) const {
    int* const parent = forest.parent + entry * forest.nodes();
    int* const area = forest.area + entry * forest.nodes();
    const Row row = forest.row(entry, y);
    each_run(row, w, [&](int x) {
      const int node = forest.node(y, x), top = root(parent, node);
      parent[node] = top;
      // Most runs belong to a few large islands: nobody queues for a place that has enough.
      if (read(area + top) < forest.enough) atomicAdd(area + top, row.run_end(x) - x);
    });
  }
};

struct KeepLarge {
  Forest forest;
  int least, window;
  Word* out;
  __device__ void operator()(unsigned entry, int y, int w) const {
    const int* const parent = forest.parent + entry * forest.nodes();
    const int* const area = forest.area + entry * forest.nodes();
    const Row row = forest.row(entry, y);
    Word kept = 0;
    for (Word rest = row[w]; rest != 0;) {
      const int bit = __ffs(static_cast<int>(rest)) - 1;
      const int end = __ffs(static_cast<int>(~(rest >> bit))) - 1;  // -1: all 32 are ones
      const Word run = (end < 0 ? kAll : kAll >> (32 - end)) << bit;
      const int begin = bit == 0 ? row.run_begin(32 * w) : 32 * w + bit;
      const int pixels = area[parent[forest.node(y, begin)]];
      if (pixels >= least || pixels == window) kept |= run;
      rest &= ~run;
    }
    out[entry * forest.size.words() + static_cast<std::size_t>(y) * forest.size.pitch + w] =
        (kept ^ forest.flip) & forest.size.pixels(w);
  }
};

/// Lists the small islands and leaves, instead of its area, ~(number in the list) at the root of each.
struct ListSmall {
  Forest forest;
  int least, full;
  Island* islands;
  unsigned* count;
  __device__ void operator()(unsigned entry, int y, int w) const {
    const int* const parent = forest.parent + entry * forest.nodes();
    int* const area = forest.area + entry * forest.nodes();
    each_run(forest.row(entry, y), w, [&](int x) {
      const int node = forest.node(y, x);
      if (parent[node] != node || area[node] < least || area[node] >= full) return;
      const unsigned number = atomicAdd(count, 1U);
      islands[number] = {static_cast<int>(entry), y, x, area[node], 0, 0};
      area[node] = ~static_cast<int>(number);
    });
  }
};

struct AddWays {
  Forest forest;
  Island* islands;
  __device__ void operator()(unsigned entry, int y, int w) const {
    const int* const parent = forest.parent + entry * forest.nodes();
    const int* const area = forest.area + entry * forest.nodes();
    const Row row = forest.row(entry, y);
    each_run(row, w, [&](int x) {
      const int number = ~area[parent[forest.node(y, x)]];
      if (number < 0) return;
      Island& island = islands[number];
      const int end = row.run_end(x);
      long long dx = 0;
      for (int i = x; i < end; ++i) dx += shorter_way(i - island.x, forest.size.nx);
      const long long dy = static_cast<long long>(shorter_way(y - island.y, forest.size.ny)) * (end - x);
      atomicAdd(&island.dy, static_cast<unsigned long long>(dy));
      atomicAdd(&island.dx, static_cast<unsigned long long>(dx));
    });
  }
};

constexpr unsigned kMostPainters = 512;  // blocks: few islands grow

/// Ones (or, for holes, zeros) over the discs of the islands; a block for each.
__global__ void __launch_bounds__(kThreads)
    paint_kernel(const Island* islands, const unsigned* count, IslandGrowth growth, Size size, Word flip, Word* out) {
  const int side = 2 * growth.reach + 1;
  for (unsigned number = blockIdx.x; number < *count; number += gridDim.x) {
    const Island& i = islands[number];
    const IslandDisc disc(i.y, i.x, static_cast<long long>(i.dy), static_cast<long long>(i.dx), i.area, growth.radius);
    Word* const bitmap = out + static_cast<std::size_t>(i.entry) * size.words();
    for (int k = static_cast<int>(threadIdx.x); k < side * side; k += kThreads) {
      const int y = disc.row - growth.reach + k / side, x = disc.column - growth.reach + k % side;
      if (!disc.holds(y, x)) continue;
      const int at = wrapped(x, size.nx);
      Word* const word = bitmap + static_cast<std::size_t>(wrapped(y, size.ny)) * size.pitch + at / 32;
      if (flip == 0)
        atomicOr(word, Word{1} << at % 32);
      else
        atomicAnd(word, ~(Word{1} << at % 32));
    }
  }
}

/// counts[entry] += ones of a ^ b; blockIdx.y is the entry.
__global__ void __launch_bounds__(kThreads)
    count_kernel(std::size_t words, const Word* a, const Word* b, unsigned long long* counts) {
  const std::size_t begin = blockIdx.y * words;
  double ones = 0;  // whole, and far below 2^53
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x; i < words;
       i += static_cast<std::size_t>(gridDim.x) * kThreads)
    ones += __popc(a[begin + i] ^ b[begin + i]);
  ones = over_block(ones, Plus{});
  if (threadIdx.x == 0 && ones > 0) atomicAdd(counts + blockIdx.y, static_cast<unsigned long long>(ones));
}

/// Ones of pixels [begin, end) of a row.
__device__ int ones_between(const Word* row, int begin, int end) {
  int ones = 0;
  for (int x = begin; x < end;) {
    const int take = std::min(32 - x % 32, end - x);
    ones += __popc(row[x / 32] >> x % 32 & kAll >> (32 - take));
    x += take;
  }
  return ones;
}

template <typename Real>
struct Cover {
  const Word* in;
  Size size;
  int factor, nx;
  Real one, old;
  bool fresh;
  Real* out;
  __device__ void operator()(std::size_t i) const {
    const std::size_t line = i / static_cast<std::size_t>(nx);  // over all entries; their rows follow each other
    const int x = static_cast<int>(i - line * static_cast<std::size_t>(nx)) * factor;
    const std::size_t rows = static_cast<std::size_t>(size.ny / factor);
    const std::size_t entry = line / rows, y = (line - entry * rows) * static_cast<std::size_t>(factor);
    const Word* row = in + entry * size.words() + y * static_cast<std::size_t>(size.pitch);
    int ones = 0;
    for (int k = 0; k < factor; ++k, row += size.pitch) ones += ones_between(row, x, x + factor);
    const Real part = one * static_cast<Real>(ones);
    out[i] = fresh ? part : part + old * out[i];
  }
};

/// Keeps where a refined row is positive, 32 pixels to the word. A warp has 32 neighbours of one row.
struct KeepPositive {
  Size size;
  Word* out;
  __device__ void operator()(unsigned entry, int y, int x, bool inside, float value) const {
    const Word word = __ballot_sync(kAll, inside && value > 0);
    if (x % 32 == 0 && x / 32 < size.pitch)
      out[entry * size.words() + static_cast<std::size_t>(y) * size.pitch + x / 32] = word;
  }
};

template <typename Real>
class CudaMorphology final : public Morphology {
 public:
  explicit CudaMorphology(std::shared_ptr<Device> device) : device_(std::move(device)), taps_(device_) {}

  [[nodiscard]] Bitmaps upload(std::span<const Bitmap> host) override {
    require_one_size(host);
    Bitmaps result = made(static_cast<int>(host.size()), host.front().ny(), host.front().nx());
    std::vector<BitPlane::Word> packed;
    for (const Bitmap& bitmap : host) {
      const BitPlane plane(bitmap);
      packed.insert(packed.end(), plane.words().begin(), plane.words().end());
    }
    device_->upload(result.storage(), packed.data(), packed.size() * sizeof(BitPlane::Word));
    return result;
  }

  [[nodiscard]] Bitmap download(const Bitmaps& x, int entry) const override {
    BitPlane plane(x.ny(), x.nx());
    device_->download(plane.words().data(), at(x, entry), plane.words().size_bytes());
    return plane.bitmap();
  }

  [[nodiscard]] Bitmaps selected(const Bitmaps& x, std::span<const int> entries) override {
    Bitmaps result = made(static_cast<int>(entries.size()), x.ny(), x.nx());
    const std::size_t size = size_of(x).words();
    for (std::size_t k = 0; k < entries.size();) {
      std::size_t end = k + 1;  // neighbours are copied together
      while (end < entries.size() && entries[end] == entries[end - 1] + 1) ++end;
      (void)at(x, entries[end - 1]);
      device_->copy(words(result) + k * size, at(x, entries[k]), (end - k) * size * sizeof(Word));
      k = end;
    }
    return result;
  }

  void copy_entry(const Bitmaps& from, int entry, Bitmaps& to, int to_entry) override {
    require_one_size(from, to);
    const std::ptrdiff_t offset = at(to, to_entry) - words(to);
    device_->copy(words(to) + offset, at(from, entry), size_of(from).words() * sizeof(Word));
  }

  [[nodiscard]] Bitmaps positive(const Array& x, int factor) override {
    const Shape& s = x.shape();
    if (s.components != 1) throw std::logic_error("positive: complex numbers");
    Bitmaps result = made(s.batch, s.ny * factor, s.nx * factor);
    const Size size = size_of(result);
    refine_rows<float>(*device_, data<Real>(x), s, factor, taps_, 32 * size.pitch, KeepPositive{size, words(result)});
    return result;
  }

  void coverage(double a, const Bitmaps& x, int factor, double b, Array& share) override {
    const Shape shape{x.batch(), x.ny() / factor, x.nx() / factor, 1};
    require_shape(share, shape, "coverage");
    device_->each(shape.size(), Cover<Real>{words(x), size_of(x), factor, shape.nx,
                                            static_cast<Real>(a / (static_cast<double>(factor) * factor)),
                                            static_cast<Real>(b), b == 0, data<Real>(share)});
  }

  [[nodiscard]] Bitmaps minus(const Bitmaps& x, const Bitmaps& y) override {
    require_same_batch(x, y, "minus");
    Bitmaps result = made(x.batch(), x.ny(), x.nx());
    const Word *a = words(x), *b = words(y);
    Word* out = words(result);
    device_->each(static_cast<std::size_t>(x.batch()) * size_of(x).words(),
                  [=] __device__(std::size_t i) { out[i] = a[i] & ~b[i]; });
    return result;
  }

  [[nodiscard]] Bitmaps opened(const Bitmaps& x, int diameter_px, Of of) override {
    // A disc is its own mirror image: the dilation is an erosion of the complement from the opposite corner of its box.
    const bool zeros = of == Of::zeros;
    const Bitmaps outside = eroded(x, diameter_px, 0, zeros, true);
    return eroded(outside, diameter_px, diameter_px - 1, false, !zeros);
  }

  [[nodiscard]] Bitmaps dilated(const Bitmaps& x, int diameter_px) override {
    return eroded(x, diameter_px, diameter_px / 2, true, true);
  }

  [[nodiscard]] Bitmaps without_small(const Bitmaps& x, long min_area_px, Of of) override {
    Bitmaps result = made(x.batch(), x.ny(), x.nx());
    const Size size = size_of(x);
    const int window = size.ny * size.nx, least = static_cast<int>(std::clamp<long>(min_area_px, 0, INT_MAX));
    each_part(x, 0, [&](int first, int entries) {
      Scratch scratch(*device_);
      const Forest forest = planted(scratch, at(x, first), size, entries, of, least <= window ? least : INT_MAX);
      each_word(size, entries, KeepLarge{forest, least, window, words(result) + first * size.words()});
    });
    return result;
  }

  [[nodiscard]] Bitmaps small_grown(const Bitmaps& x, double min_area_px, Of of) override {
    const IslandGrowth growth = island_growth(min_area_px);
    const Size size = size_of(x);
    const long window = static_cast<long>(size.ny) * size.nx;
    Bitmaps result = made(x.batch(), x.ny(), x.nx());
    device_->copy(result.storage(), x.storage(), static_cast<std::size_t>(x.batch()) * size.words() * sizeof(Word));
    if (growth.least >= growth.full || growth.least > window) return result;
    const int least = static_cast<int>(growth.least), full = static_cast<int>(std::min(growth.full, window + 1));
    const auto most = static_cast<std::size_t>(window / least);
    each_part(x, most * sizeof(Island), [&](int first, int entries) {
      Scratch scratch(*device_);
      const Forest forest = planted(scratch, at(x, first), size, entries, of, full);
      Island* islands = scratch.take<Island>(static_cast<std::size_t>(entries) * most);
      unsigned* count = scratch.take<unsigned>(1);
      device_->zero(count, sizeof(unsigned));
      each_word(size, entries, ListSmall{forest, least, full, islands, count});
      each_word(size, entries, AddWays{forest, islands});
      const auto blocks =
          static_cast<unsigned>(std::min<std::size_t>(static_cast<std::size_t>(entries) * most, kMostPainters));
      device_->launch(paint_kernel, dim3(blocks), dim3(kThreads), static_cast<const Island*>(islands),
                      static_cast<const unsigned*>(count), growth, size, forest.flip,
                      words(result) + first * size.words());
    });
    return result;
  }

  [[nodiscard]] std::vector<long> differences(const Bitmaps& x, const Bitmaps& y) const override {
    require_same_batch(x, y, "differences");
    const auto batch = static_cast<std::size_t>(x.batch());
    if (batch == 0) return {};
    Scratch scratch(*device_);
    unsigned long long* counts = scratch.take<unsigned long long>(batch);
    device_->zero(counts, batch * sizeof(unsigned long long));
    const std::size_t size = size_of(x).words();
    const unsigned blocks = static_cast<unsigned>(std::clamp<std::size_t>(size / (8 * kThreads), 1, 64));
    device_->launch(count_kernel, dim3(blocks, static_cast<unsigned>(batch)), dim3(kThreads), size, words(x), words(y),
                    counts);
    std::vector<unsigned long long> host(batch);
    device_->download(host.data(), counts, batch * sizeof(unsigned long long));
    return {host.begin(), host.end()};
  }

 private:
  static void require_same_batch(const Bitmaps& x, const Bitmaps& y, const char* what) {
    require_one_size(x, y);
    if (x.batch() != y.batch()) throw std::logic_error(std::string(what) + ": batches differ");
  }

  static const Word* at(const Bitmaps& x, int entry) {
    if (entry < 0 || entry >= x.batch()) throw std::out_of_range("bitmaps: no such entry");
    return words(x) + static_cast<std::size_t>(entry) * size_of(x).words();
  }

  [[nodiscard]] Bitmaps made(int batch, int ny, int nx) const {
    if (batch > 65535 || static_cast<long>(ny) * nx > INT_MAX)
      throw std::logic_error("bitmaps: too many, or too large");
    return {batch, ny, nx, device_->allocate(static_cast<std::size_t>(batch) * size_of(ny, nx).words() * sizeof(Word))};
  }

  template <typename Body>
  void each_word(const Size& size, int entries, const Body& body) const {
    const dim3 block(32, kThreads / 32);
    const auto count = [](int n, unsigned step) { return (static_cast<unsigned>(n) + step - 1) / step; };
    device_->launch(words_kernel<Body>,
                    dim3(count(size.pitch, block.x), count(size.ny, block.y), static_cast<unsigned>(entries)), block,
                    size, body);
  }

  /// work(first, entries) for parts of the batch, so that scratch memory stays below some 256 MiB.
  template <typename Work>
  static void each_part(const Bitmaps& x, std::size_t more_bytes, const Work& work) {
    const Size size = size_of(x);
    const std::size_t bytes = Forest{nullptr, size, 0, nullptr, nullptr, 0}.nodes() * 2 * sizeof(int) + more_bytes;
    const int part = static_cast<int>(std::clamp<std::size_t>((std::size_t{256} << 20) / bytes, 1, 65535));
    for (int first = 0; first < x.batch(); first += part) work(first, std::min(part, x.batch() - first));
  }

  /// The forest of the islands, with every run linked to its root.
  Forest planted(Scratch& scratch, const Word* in, const Size& size, int entries, Of of, int enough) const {
    Forest forest{in, size, of == Of::zeros ? kAll : Word{0}, nullptr, nullptr, enough};
    const std::size_t nodes = static_cast<std::size_t>(entries) * forest.nodes();
    forest.parent = scratch.take<int>(nodes);
    forest.area = scratch.take<int>(nodes);
    each_word(size, entries, PlantRuns{forest});
    each_word(size, entries, JoinRuns{forest});
    each_word(size, entries, CountPixels{forest});
    return forest;
  }

  [[nodiscard]] Bitmaps eroded(const Bitmaps& x, int diameter, int origin, bool flip_in, bool flip_out) {
    const Disc& disc = this->disc(diameter);
    Bitmaps result = made(x.batch(), x.ny(), x.nx());
    if (x.batch() == 0) return result;
    const Size size = size_of(x);
    const auto count = [](int n, int step) { return static_cast<unsigned>((n + step - 1) / step); };
    device_->launch_shared(
        erode_kernel, dim3(count(size.pitch, kTileWords), count(size.ny, kTileRows), static_cast<unsigned>(x.batch())),
        dim3(kThreads), disc.shared_bytes, words(x), words(result), size, static_cast<const DiscRow*>(disc.rows.get()),
        diameter, disc.chunk, disc.used, disc.pitch, origin, flip_in, flip_out);
    return result;
  }

  /// Kept on the device from its first use on: the rules ask for two or three.
  const Disc& disc(int diameter) {
    require_disc(diameter);
    const auto known = discs_.find(diameter);
    return known != discs_.end() ? known->second
                                 : discs_.emplace(diameter, make_disc(*device_, diameter)).first->second;
  }

  std::shared_ptr<Device> device_;
  CubicTaps<float> taps_;
  std::map<int, Disc> discs_;
};

}  // namespace

template <typename Real>
std::unique_ptr<Morphology> make_morphology(std::shared_ptr<Device> device) {
  return std::make_unique<CudaMorphology<Real>>(std::move(device));
}

template std::unique_ptr<Morphology> make_morphology<float>(std::shared_ptr<Device>);
template std::unique_ptr<Morphology> make_morphology<double>(std::shared_ptr<Device>);

}  // namespace anamorph::cuda
