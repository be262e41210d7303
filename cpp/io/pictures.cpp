// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/pictures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "cpp/io/canvas.hpp"

namespace anamorph {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr Rgb white{255, 255, 255};
constexpr Rgb ink{0x1b, 0x24, 0x2f};
constexpr Rgb faint{0x6b, 0x77, 0x85};

std::pair<int, int> picture_shape(int ny, int nx, int size_px) {
  const double scale = static_cast<double>(size_px) / std::max(ny, nx);
  return {std::max(1, static_cast<int>(std::lround(ny * scale))),
          std::max(1, static_cast<int>(std::lround(nx * scale)))};
}

/// Mean of the image over each of my x mx equal cells; row 0 of the result is the highest y.
template <typename T>
Image<double> area_mean(const Image<T>& image, int size_px) {
  const auto [my, mx] = picture_shape(image.ny(), image.nx(), size_px);
  const double step_y = static_cast<double>(image.ny()) / my;
  const double step_x = static_cast<double>(image.nx()) / mx;
  Image<double> mean(my, mx);
  std::vector<double> sum(static_cast<std::size_t>(image.nx()));
  for (int v = 0; v < my; ++v) {
    // The rows of one line of cells are summed first, with the weight of the part of them that lies in it.
    std::fill(sum.begin(), sum.end(), 0.0);
    const double y0 = v * step_y;
    const double y1 = std::min(y0 + step_y, static_cast<double>(image.ny()));
    for (int y = static_cast<int>(y0); y < y1; ++y) {
      const double weight = std::min(y + 1.0, y1) - std::max(static_cast<double>(y), y0);
      const T* row = image.row(y);
      for (int x = 0; x < image.nx(); ++x) sum[static_cast<std::size_t>(x)] += weight * static_cast<double>(row[x]);
    }
    for (int u = 0; u < mx; ++u) {
      const double x0 = u * step_x;
      const double x1 = std::min(x0 + step_x, static_cast<double>(image.nx()));
      double cell = 0;
      for (int x = static_cast<int>(x0); x < x1; ++x)
        cell += (std::min(x + 1.0, x1) - std::max(static_cast<double>(x), x0)) * sum[static_cast<std::size_t>(x)];
      mean(my - 1 - v, u) = cell / (step_x * step_y);
    }
  }
  return mean;
}

Rgb mix(std::initializer_list<std::pair<double, Rgb>> parts) {
  double r = 0;
  double g = 0;
  double b = 0;
  for (const auto& [weight, c] : parts) {
    r += weight * c.r;
    g += weight * c.g;
    b += weight * c.b;
  }
  const auto byte = [](double v) { return static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0, 255.0))); };
  return {byte(r), byte(g), byte(b)};
}

/// A colour of OKLab (B. Ottosson, 2020) by lightness, chroma and hue in rad.
Rgb oklab(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue);
  const double b = chroma * std::sin(hue);
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  const auto srgb = [](double linear) {
    linear = std::clamp(linear, 0.0, 1.0);
    const double v = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::lround(255 * v));
  };
  return {srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          srgb(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

/// Few different weights make a picture of at most 256 colours, which is stored in a fraction of the bytes.
double quantised(double weight, int levels) { return std::round(std::clamp(weight, 0.0, 1.0) * levels) / levels; }

/// Colours of a map; where it has no value the ground shows, and through the rim of that by its share.
template <typename Colour>
Picture render_map(const Image<double>& map, int size_px, Colour colour) {
  const auto [height, width] = picture_shape(map.ny(), map.nx(), size_px);
  constexpr int samples = 4;
  Picture picture(height, width);
  for (int v = 0; v < height; ++v)
    for (int u = 0; u < width; ++u) {
      double sum = 0;
      int count = 0;
      for (int i = 0; i < samples; ++i)
        for (int j = 0; j < samples; ++j) {
          const auto index = [](int cell, int part, int cells, int n) {
            return static_cast<int>((cell + (part + 0.5) / samples) / cells * n);
          };
          const double value = map(index(height - 1 - v, i, height, map.ny()), index(u, j, width, map.nx()));
          if (std::isnan(value)) continue;
          sum += value;
          ++count;
        }
      const double share = static_cast<double>(count) / (samples * samples);
      picture(v, u) = count == 0   ? palette::ground
                      : share == 1 ? colour(sum / count)
                                   : mix({{share, colour(sum / count)}, {1 - share, palette::ground}});
    }
  return picture;
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

double maximum(const Image<double>& image) { return image.empty() ? 0 : *std::max_element(image.begin(), image.end()); }

bool has_band(const ClipResult& clip) {
  return std::count_if(clip.conditions.begin(), clip.conditions.end(),
                       [](const ConditionResult& c) { return !c.print.empty(); }) > 1;
}

bool has_aerial(const ClipResult& clip) { return !clip.conditions.empty() && !clip.conditions[0].aerial.empty(); }

/// Title, picture, axes, scale bar; the parts differ in what lies to the right and below.
class Figure {
 public:
  static constexpr int left = 92, top = 74, right = 30, bottom = 104, bar = 92;

  Figure(const ClipResult& clip, const std::string& title, const Picture& picture, bool with_bar)
      : grid_(clip.grid),
        height_(picture.ny()),
        width_(picture.nx()),
        canvas_(top + height_ + bottom, left + width_ + right + (with_bar ? bar : 0), white) {
    canvas_.paste(picture, left, top);
    canvas_.text({left, 34}, title, 15, ink, Anchor::start, false, 1.25);
    canvas_.text({left, 58}, clip.name, 11, faint);
  }

  void outlines(const std::vector<Polygon>& polygons, double width, Rgb colour) {
    for (const Polygon& polygon : polygons) {
      std::vector<Point> line;
      for (const Point& p : polygon) line.push_back({px(p.x), py(p.y)});
      if (!line.empty()) line.push_back(line.front());
      canvas_.stroke(line, width, colour);
    }
  }

  void colour_bar(double low, double high, double threshold) {
    const double x = left + width_ + 22;
    const double thickness = 18;
    for (int i = 0; i < height_; ++i)
      canvas_.fill({x, static_cast<double>(top + i), x + thickness, top + i + 1.0},
                   intensity_colour(1 - (i + 0.5) / height_));
    frame({x, static_cast<double>(top), x + thickness, static_cast<double>(top + height_)});
    const auto at = [&](double value) { return top + height_ * (1 - (value - low) / (high - low)); };
    const double step = round_length((high - low) / 4);
    for (int i = 0; low + i * step <= high * (1 + 1e-9); ++i) {
      const double value = low + i * step;
      canvas_.stroke({{x + thickness, at(value)}, {x + thickness + 5, at(value)}}, 1.2, ink);
      canvas_.text({x + thickness + 10, at(value) + 5}, short_number(value), 10, ink);
    }
    canvas_.text({x + thickness, 58}, "intensity", 11, ink, Anchor::middle);
    if (threshold > low && threshold < high)
      canvas_.stroke({{x - 4, at(threshold)}, {x + thickness + 4, at(threshold)}}, 2, white);
  }

  struct Entry {
    std::string label;
    Rgb colour;
    bool line = false;
  };
  void legend(const std::vector<Entry>& entries) {
    double x = left;
    const double y = top + height_ + 82;
    for (const Entry& e : entries) {
      const Box sample{x, y - 7, x + 22, y + 7};
      const bool on_dark = e.line && e.colour == white;
      if (!e.line || on_dark) canvas_.fill(sample, on_dark ? intensity_colour(0.2) : e.colour);
      if (!e.line) frame(sample);
      if (e.line) canvas_.stroke({{x + 2, y}, {x + 20, y}}, 2, e.colour);
      canvas_.text({x + 30, y + 5.5}, e.label, 11, ink);
      x += 30 + text_width(e.label, 11) + 34;
    }
  }

  [[nodiscard]] Picture finish() {
    frame({static_cast<double>(left), static_cast<double>(top), static_cast<double>(left + width_),
           static_cast<double>(top + height_)});
    axis(grid_.x0_nm, grid_.width_nm(), false);
    axis(grid_.y0_nm, grid_.height_nm(), true);
    scale_bar();
    return canvas_.picture();
  }

 private:
  [[nodiscard]] double px(double x_nm) const { return left + (x_nm - grid_.x0_nm) / grid_.width_nm() * width_; }
  [[nodiscard]] double py(double y_nm) const {
    return top + height_ - (y_nm - grid_.y0_nm) / grid_.height_nm() * height_;
  }

  void frame(const Box& b) {
    canvas_.stroke({{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}, {b.x0, b.y0}}, 1.2, ink);
  }

  void axis(double origin, double length, bool vertical) {
    const double step = round_length(length / 4);
    for (double value = std::ceil(origin / step) * step; value <= origin + length * (1 + 1e-9); value += step) {
      const std::string label = short_number(value == 0 ? 0 : value);
      if (vertical) {
        canvas_.stroke({{left - 6.0, py(value)}, {static_cast<double>(left), py(value)}}, 1.2, ink);
        canvas_.text({left - 12.0, py(value) + 5}, label, 10, ink, Anchor::end);
      } else {
        canvas_.stroke({{px(value), top + height_ + 0.0}, {px(value), top + height_ + 6.0}}, 1.2, ink);
        canvas_.text({px(value), top + height_ + 24.0}, label, 10, ink, Anchor::middle);
      }
    }
    if (vertical)
      canvas_.text({28, top + height_ / 2.0}, "y (nm)", 11, ink, Anchor::middle, true);
    else
      canvas_.text({left + width_ / 2.0, top + height_ + 50.0}, "x (nm)", 11, ink, Anchor::middle);
  }

  void scale_bar() {
    const double length_nm = round_length(grid_.width_nm() / 5);
    const double length = length_nm / grid_.width_nm() * width_;
    const std::string label = short_number(length_nm) + " nm";
    const double plate = std::max(length, text_width(label, 12)) + 28;
    const double x = left + 14;
    const double y = top + height_ - 14;
    canvas_.fill({x, y - 46, x + plate, y}, white, 0.86);
    canvas_.fill({x + (plate - length) / 2, y - 15, x + (plate + length) / 2, y - 10}, ink);
    canvas_.text({x + plate / 2, y - 24}, label, 12, ink, Anchor::middle);
  }

  Grid grid_;
  int height_, width_;
  Canvas canvas_;
};

constexpr int figure_px = 720;

Picture target_figure(const ClipResult& clip, int px) {
  Figure figure(clip, "Target", render_bitmap(clip.target, px, palette::ground, palette::target), false);
  figure.legend({{"wanted on the wafer", palette::target}});
  return figure.finish();
}

Picture mask_figure(const ClipResult& clip, int px) {
  Figure figure(clip, "Mask", render_bitmap(clip.mask, px, palette::ground, palette::mask), false);
  std::vector<Figure::Entry> entries{{"opening", palette::mask}, {"absorber", palette::ground}};
  if (!clip.target.empty()) {
    figure.outlines(pixel_outlines(clip.target, clip.grid), 1.4, palette::band);
    entries.push_back({"target", palette::band, true});
  }
  figure.legend(entries);
  return figure.finish();
}

Picture aerial_figure(const ClipResult& clip, int px) {
  const ConditionResult& nominal = clip.conditions[0];
  const double high = std::max(maximum(nominal.aerial), 1e-12);
  Figure figure(clip, "Aerial image, " + nominal.name, render_intensity(nominal.aerial, px, 0, high), true);
  std::vector<Figure::Entry> entries;
  if (!nominal.print.empty()) {
    figure.outlines(pixel_outlines(nominal.print, clip.grid), 1.4, white);
    entries.push_back(
        {"printed edge" + (clip.threshold > 0 ? ", threshold " + short_number(clip.threshold) : ""), white, true});
  }
  if (!clip.target.empty()) {
    figure.outlines(pixel_outlines(clip.target, clip.grid), 1.4, palette::band);
    entries.push_back({"target", palette::band, true});
  }
  figure.colour_bar(0, high, clip.threshold);
  figure.legend(entries);
  return figure.finish();
}

Picture pvband_figure(const ClipResult& clip, int px) {
  Figure figure(clip, "Process-variation band", render_pvband(clip.conditions, px), false);
  std::vector<Figure::Entry> entries{{"always printed", palette::print}, {"varies", palette::band}};
  if (!clip.target.empty()) {
    figure.outlines(pixel_outlines(clip.target, clip.grid), 1.4, palette::outline);
    entries.push_back({"target", palette::outline, true});
  }
  figure.legend(entries);
  return figure.finish();
}

}  // namespace

ClipResult close_up(const ClipResult& clip) {
  // The box of everything that is 1, in pixels.
  const int ny = clip.grid.ny;
  const int nx = clip.grid.nx;
  int x0 = nx, y0 = ny, x1 = 0, y1 = 0;
  std::vector<const Bitmap*> bitmaps{&clip.target, &clip.mask};
  for (const ConditionResult& c : clip.conditions) bitmaps.push_back(&c.print);
  for (const Bitmap* bitmap : bitmaps)
    for (int y = 0; y < bitmap->ny(); ++y) {
      const std::uint8_t* row = bitmap->row(y);
      const std::uint8_t* first = std::find(row, row + nx, 1);
      if (first == row + nx) continue;
      const auto last = std::find(std::reverse_iterator(row + nx), std::reverse_iterator(row), 1).base();
      x0 = std::min(x0, static_cast<int>(first - row));
      x1 = std::max(x1, static_cast<int>(last - row));
      y0 = std::min(y0, y);
      y1 = std::max(y1, y + 1);
    }
  // A square around it with a margin for the scale bar, unless that is nearly everything.
  const int side = static_cast<int>(1.25 * std::max(x1 - x0, y1 - y0));
  const bool whole = x1 <= x0 || side >= 0.9 * std::min(ny, nx);
  const int left = whole ? 0 : std::clamp((x0 + x1 - side) / 2, 0, nx - side);
  const int low = whole ? 0 : std::clamp((y0 + y1 - side) / 2, 0, ny - side);
  const Grid grid{clip.grid.x0_nm + left * clip.grid.pixel_nm, clip.grid.y0_nm + low * clip.grid.pixel_nm,
                  whole ? nx : side, whole ? ny : side, clip.grid.pixel_nm};
  const auto crop = [&]<typename T>(const Image<T>& image) {
    if (image.empty()) return Image<T>();
    Image<T> part(grid.ny, grid.nx);
    for (int y = 0; y < grid.ny; ++y) std::copy_n(image.row(low + y) + left, grid.nx, part.row(y));
    return part;
  };
  ClipResult view;
  view.name = clip.name;
  view.grid = grid;
  view.threshold = clip.threshold;
  view.target = crop(clip.target);
  view.mask = crop(clip.mask);
  for (const ConditionResult& c : clip.conditions)
    view.conditions.push_back(
        {c.name, c.dose, c.focus_nm, view.conditions.empty() ? crop(c.aerial) : Image<double>(), crop(c.print)});
  return view;
}

Rgb intensity_colour(double t) noexcept {
  // A path through OKLab: lightness linear in t, hue from violet over teal to yellow.
  t = std::clamp(t, 0.0, 1.0);
  return oklab(0.20 + 0.76 * t, 0.05 + 0.105 * std::sin(pi * std::min(1.0, 0.18 + 0.72 * t)),
               (285 - 180 * t) * pi / 180);
}

Rgb signed_colour(double t) noexcept {
  // Lightness falls evenly to both sides, so that grey printing shows the size and the hue alone the sign.
  const double size = std::min(std::abs(t), 1.0);
  return oklab(0.97 - 0.52 * size, 0.17 * std::sin(0.5 * pi * std::min(1.0, 1.25 * size)),
               (t < 0 ? 255 : 30) * pi / 180);
}

Picture render_bitmap(const Bitmap& bitmap, int size_px, Rgb zero, Rgb one) {
  const Image<double> mean = area_mean(bitmap, size_px);
  Picture picture(mean.ny(), mean.nx());
  std::transform(mean.begin(), mean.end(), picture.begin(), [&](double v) {
    const double w = quantised(v, 15);
    return mix({{1 - w, zero}, {w, one}});
  });
  return picture;
}

Picture render_intensity(const Image<double>& image, int size_px, double low, double high) {
  std::array<Rgb, 192> colours;
  for (std::size_t i = 0; i < colours.size(); ++i)
    colours[i] = intensity_colour(static_cast<double>(i) / static_cast<double>(colours.size() - 1));
  const Image<double> mean = area_mean(image, size_px);
  Picture picture(mean.ny(), mean.nx());
  std::transform(mean.begin(), mean.end(), picture.begin(), [&](double v) {
    const double t = std::clamp((v - low) / (high - low), 0.0, 1.0);
    return colours[static_cast<std::size_t>(std::lround(t * static_cast<double>(colours.size() - 1)))];
  });
  return picture;
}

Picture render_positive_map(const Image<double>& map, int size_px, double high) {
  return render_map(map, size_px, [&](double v) { return intensity_colour(quantised(v / high, 191)); });
}

Picture render_signed_map(const Image<double>& map, int size_px, double limit) {
  return render_map(map, size_px,
                    [&](double v) { return signed_colour(2 * quantised(0.5 + 0.5 * v / limit, 128) - 1); });
}

Picture render_pvband(const std::vector<ConditionResult>& conditions, int size_px) {
  Bitmap all;
  Bitmap any;
  for (const ConditionResult& c : conditions) {
    if (c.print.empty()) continue;
    if (all.empty()) all = any = c.print;
    for (std::size_t i = 0; i < all.size(); ++i) {
      all.data()[i] &= c.print.data()[i];
      any.data()[i] |= c.print.data()[i];
    }
  }
  const Image<double> always = area_mean(all, size_px);
  const Image<double> somewhere = area_mean(any, size_px);
  Picture picture(always.ny(), always.nx());
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const double a = quantised(always.data()[i], 12);
    const double s = std::max(a, quantised(somewhere.data()[i], 12));
    picture.data()[i] = mix({{1 - s, palette::ground}, {s - a, palette::band}, {a, palette::print}});
  }
  return picture;
}

std::vector<Polygon> pixel_outlines(const Bitmap& bitmap, const Grid& grid) {
  // Every pixel edge between 1 and 0 is walked once with the 1 on its left. From the lattice point (y, x), bit d of
  // `open` says that the edge in direction d (0 east, 1 north, 2 west, 3 south) has still to be walked.
  const int ny = bitmap.ny();
  const int nx = bitmap.nx();
  const auto on = [&](int y, int x) { return y >= 0 && x >= 0 && y < ny && x < nx && bitmap(y, x) != 0; };
  Bitmap open(ny + 1, nx + 1);
  for (int y = 0; y <= ny; ++y)
    for (int x = 0; x <= nx; ++x) {
      const bool ne = on(y, x), nw = on(y, x - 1), sw = on(y - 1, x - 1), se = on(y - 1, x);
      open(y, x) = static_cast<std::uint8_t>((ne && !se ? 1 : 0) | (nw && !ne ? 2 : 0) | (sw && !nw ? 4 : 0) |
                                             (se && !sw ? 8 : 0));
    }
  constexpr std::array<int, 4> step_x{1, 0, -1, 0};
  constexpr std::array<int, 4> step_y{0, 1, 0, -1};
  std::vector<Polygon> outlines;
  for (int y0 = 0; y0 <= ny; ++y0)
    for (int x0 = 0; x0 <= nx; ++x0)
      while (open(y0, x0) != 0) {
        Polygon& outline = outlines.emplace_back();
        int y = y0, x = x0, direction = -1;
        while (open(y, x) != 0) {
          // The left turn first keeps pixels that touch at a corner apart.
          int d = direction < 0 ? 0 : (direction + 1) % 4;
          while ((open(y, x) & (1 << d)) == 0) d = direction < 0 ? d + 1 : (d + 3) % 4;
          if (d != direction) outline.push_back({grid.x0_nm + x * grid.pixel_nm, grid.y0_nm + y * grid.pixel_nm});
          open(y, x) = static_cast<std::uint8_t>(open(y, x) & ~(1 << d));
          y += step_y[static_cast<std::size_t>(d)];
          x += step_x[static_cast<std::size_t>(d)];
          direction = d;
          if (y == y0 && x == x0) break;
        }
      }
  return outlines;
}

double round_length(double value) noexcept {
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  const double digit = value / power * (1 + 1e-12);
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

std::string target_png(const ClipResult& clip) {
  return clip.target.empty() ? std::string() : encode_png(target_figure(close_up(clip), figure_px));
}
std::string mask_png(const ClipResult& clip) {
  return clip.mask.empty() ? std::string() : encode_png(mask_figure(close_up(clip), figure_px));
}
std::string aerial_png(const ClipResult& clip) {
  return !has_aerial(clip) ? std::string() : encode_png(aerial_figure(close_up(clip), figure_px));
}
std::string pvband_png(const ClipResult& clip) {
  return !has_band(clip) ? std::string() : encode_png(pvband_figure(close_up(clip), figure_px));
}

std::string overview_png(const ClipResult& whole) {
  constexpr int px = 560;
  const ClipResult clip = close_up(whole);
  std::vector<Picture> parts;
  if (!clip.target.empty()) parts.push_back(target_figure(clip, px));
  if (!clip.mask.empty()) parts.push_back(mask_figure(clip, px));
  if (has_aerial(clip)) parts.push_back(aerial_figure(clip, px));
  if (has_band(clip)) parts.push_back(pvband_figure(clip, px));
  int height = 1;
  int width = 0;
  for (const Picture& part : parts) {
    height = std::max(height, part.ny());
    width += part.nx();
  }
  Canvas canvas(height, std::max(width, 1), white);
  int x = 0;
  for (const Picture& part : parts) {
    canvas.paste(part, x, 0);
    x += part.nx();
  }
  return encode_png(canvas.picture());
}

std::string thumbnail_png(const ClipResult& whole) {
  if (whole.mask.empty()) return {};
  const ClipResult clip = close_up(whole);
  const Picture picture = render_bitmap(clip.mask, 160, palette::ground, palette::mask);
  Canvas canvas(picture.ny(), picture.nx(), white);
  canvas.paste(picture, 0, 0);
  const double scale_x = picture.nx() / clip.grid.width_nm();
  const double scale_y = picture.ny() / clip.grid.height_nm();
  if (!clip.target.empty())
    for (const Polygon& polygon : pixel_outlines(clip.target, clip.grid)) {
      std::vector<Point> line;
      for (const Point& p : polygon)
        line.push_back({(p.x - clip.grid.x0_nm) * scale_x, picture.ny() - (p.y - clip.grid.y0_nm) * scale_y});
      line.push_back(line.front());
      canvas.stroke(line, 1.2, palette::band);
    }
  return encode_png(canvas.picture());
}

}  // namespace anamorph
