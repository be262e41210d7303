// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>

#include "tests/accuracy_cases.hpp"

namespace anamorph {

void PrintTo(const AccuracyCase& known, std::ostream* out) { *out << known.name; }

namespace {

class Accuracy : public testing::TestWithParam<AccuracyCase> {};

TEST_P(Accuracy, IsWithinTheTolerance) {
  const AccuracyCase& known = GetParam();
  const auto value = known.compute();
  if (!value) GTEST_SKIP() << "no data";
  EXPECT_NEAR(*value, known.expected, known.tolerance) << known.name << " (" << known.origin << ")";
}

/// Letters and digits of group and name, words joined by "_".
std::string readable(const testing::TestParamInfo<AccuracyCase>& info) {
  std::string text;
  for (const char c : info.param.group + ' ' + info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      text += c;
    } else if (text.back() != '_') {
      text += '_';
    }
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(Known, Accuracy, testing::ValuesIn(accuracy_cases(ANAMORPH_DATA)), readable);

}  // namespace
}  // namespace anamorph
