// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "masks/layout_stream.hpp"

// What the OASIS writer makes of numbers, lists of points and repetitions: the shortest form that the format has.

namespace anamorph::oasis {

void put_number(std::string& out, std::uint64_t value);  ///< unsigned-integer
void put_whole(std::string& out, std::int64_t value);    ///< signed-integer
/// A real with its type: a whole number or the reciprocal of one if it is exactly that, else eight bytes.
void put_real(std::string& out, double value);
void put_string(std::string& out, std::string_view value);

/// A polygon without points that repeat the one before and, if all edges are axis-parallel, without those in the middle
/// of an edge. Unchanged if fewer than three would be left.
[[nodiscard]] DbuPolygon without_redundant(const DbuPolygon& polygon);

/// The list of points after the first one, of a polygon or a path, with type and count.
[[nodiscard]] std::string point_list(const std::vector<DbuPoint>& points, bool of_polygon);

/// A repetition with its type; of a list of displacements each less the first one, where the element has to be put.
[[nodiscard]] std::string repetition(const Repetition& repetition);

}  // namespace anamorph::oasis
