// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/compare_result.hpp"

namespace anamorph {

/// The study as a page of text: conclusions, what it cannot show, tables, all assumptions with their origin. It has
/// nothing that depends on the machine or the day.
[[nodiscard]] std::string compare_markdown(const CompareResult& result);

}  // namespace anamorph
