// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// How a JSON text breaks a JSON Schema, one sentence each with the place ("/ports/3/unit"); empty when it keeps it. Of
/// draft 2020-12 this knows what our schemas use: type, const, enum, properties, required, additionalProperties =
/// false, items, minItems, minLength, minimum, maximum, exclusiveMinimum, pattern, anyOf and $ref within the schema.
/// Throws std::logic_error for a schema with another keyword; a text that is not JSON is a finding.
[[nodiscard]] std::vector<std::string> schema_violations(std::string_view schema, std::string_view text);

}  // namespace anamorph
