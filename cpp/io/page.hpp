// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"

/// The pieces of which the reports are put together: HTML text in the classes of the style sheet. A parameter that is
/// shown as text is escaped here; what is HTML already says so.
namespace anamorph::page {

/// From the doctype to the begin of the content; foot() closes what it opens, with version and commit.
[[nodiscard]] std::string head(const std::string& title);
[[nodiscard]] std::string foot();

/// The value with its unit behind a narrow space; both are HTML.
[[nodiscard]] std::string with_unit(const std::string& value, const std::string& unit);

/// A key figure; `value` is HTML.
[[nodiscard]] std::string card(const std::string& label, const std::string& value, const std::string& unit = {},
                               const std::string& note = {});

/// Entries of a legend: a filled area, and a line as it looks in the picture, on its light ("l") or dark ("d") ground.
[[nodiscard]] std::string key_area(const std::string& label, const char* colour);
[[nodiscard]] std::string key_line(const std::string& label, const std::string& colour, const char* ground = "l");

/// A picture that can be enlarged; `svg` and `caption` are HTML.
[[nodiscard]] std::string figure(const std::string& id, const std::string& title, const std::string& svg,
                                 const std::string& caption);

/// A box around the rows of a table; both are HTML.
[[nodiscard]] std::string panel(const std::string& title, const std::string& table);

/// A cell and a heading of a table with its class, by default for numbers; the cell's value is HTML.
[[nodiscard]] std::string cell(const std::string& value, const char* style = "n");
[[nodiscard]] std::string column(const std::string& name, const char* style = "n");

/// The rows of a table, HTML, behind a title that unfolds them.
[[nodiscard]] std::string folded(const std::string& title, const std::string& rows);

/// Sentences as a list; nothing without any.
[[nodiscard]] std::string bullets(const std::vector<std::string>& texts);

/// Parts below each other, and a section of two columns; nothing when there is nothing to show.
[[nodiscard]] std::string stack(const std::string& parts);
[[nodiscard]] std::string section(const std::string& title, const std::string& parts);

[[nodiscard]] std::string warnings(const std::vector<std::string>& texts);

/// Where the result comes from: facts, and the resolved recipe to be folded out.
[[nodiscard]] std::string provenance(const std::vector<Fact>& facts, const std::string& recipe);

}  // namespace anamorph::page
