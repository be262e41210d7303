// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/window_result.hpp"

namespace anamorph {

/// `report.html` of `window`: a self-contained page (inline style and plots; no script) with verdict, key figures,
/// findings, the window, Bossung curves, tables, recipe and provenance. The same result gives the same bytes.
[[nodiscard]] std::string window_report(const WindowResult& result);

}  // namespace anamorph
