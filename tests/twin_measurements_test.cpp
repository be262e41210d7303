// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Measured CDs as CSV: what is read, and where each bad row is to blame.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cpp/twin/measurements.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/surrogate_fixture.hpp"

namespace anamorph {
namespace {

class Measurements : public FolderTest {
 protected:
  [[nodiscard]] MeasurementStream read(const std::string& text) const {
    write_plain(folder / "fab.csv", text);
    return read_measurements(folder / "fab.csv", model, 0.3);
  }
  /// "line:column what"
  [[nodiscard]] std::string refusal(const std::string& text) const {
    const Error error = error_of([&] { (void)read(text); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.where().file, (folder / "fab.csv").string());
    return std::to_string(error.where().line) + ":" + std::to_string(error.where().column) + " " + error.what();
  }

  SurrogateModel model = cosine_model({CosineImage{}, CosineImage{}});
};

testing::AssertionResult says(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text;
}

TEST_F(Measurements, AreReadInAnyOrderOfColumns) {
  const MeasurementStream stream = read(
      "\xEF\xBB\xBF# from the fab\r\ncd_nm, gauge ,wafer,focus_nm,cd_u_nm,dose_mJ_cm2\r\n"
      "22.5,g2,1,-3.5,0.2,31\r\n\r\n+21.75 , \"g1\",1,,,\r\n  # pause\r\n2.2e1,g1,4,1,,30.5\n");
  EXPECT_EQ(stream.unit, "wafer");
  ASSERT_EQ(stream.rows.size(), 3u);
  const CdMeasurement &a = stream.rows[0], &b = stream.rows[1], &c = stream.rows[2];
  EXPECT_EQ(a.at, 1);
  EXPECT_EQ(a.gauge, 1u);
  EXPECT_EQ(a.cd_nm, 22.5);
  EXPECT_EQ(a.u_nm, 0.2);
  EXPECT_EQ(a.dose_mj_cm2, 31);
  EXPECT_EQ(a.focus_nm, -3.5);
  EXPECT_EQ(a.line, 3);
  EXPECT_EQ(b.gauge, 0u);
  EXPECT_EQ(b.cd_nm, 21.75);
  EXPECT_EQ(b.u_nm, 0.3) << "not stated";
  EXPECT_EQ(b.dose_mj_cm2, 30) << "nominal";
  EXPECT_EQ(b.focus_nm, 0) << "nominal";
  EXPECT_EQ(b.line, 5);
  EXPECT_EQ(c.at, 4);
  EXPECT_EQ(c.line, 7);
  EXPECT_EQ(read("time_h,gauge,cd_nm\n-0.5,g1,20").unit, "h");
  model.gauges[0].name = "line, \"dense\"";
  EXPECT_EQ(read("lot,gauge,cd_nm\n1,\"line, \"\"dense\"\"\",20\n").rows[0].gauge, 0u);
}

TEST_F(Measurements, ABadRowIsNamedByItsPlace) {
  const std::string head = "wafer,gauge,cd_nm,cd_u_nm,dose_mJ_cm2,focus_nm\n1,g1,22,,,\n";
  EXPECT_TRUE(says(refusal(head + "2,g7,22,,,\n"), "3:3 "));
  EXPECT_TRUE(says(refusal(head + "2,g7,22,,,\n"), "no gauge 'g7'"));
  EXPECT_TRUE(says(refusal(head + "2,g1,22 nm,,,\n"), "3:6 "));
  EXPECT_TRUE(says(refusal(head + "2,g1,22 nm,,,\n"), "'22 nm' is not a number; expected cd_nm"));
  EXPECT_TRUE(says(refusal(head + "2,g1,,,,\n"), "'' is not a number"));
  EXPECT_TRUE(says(refusal(head + "2,g1,nan,,,\n"), "not a number"));
  EXPECT_TRUE(says(refusal(head + "2,g1,-4,,,\n"), "cd_nm = -4; expected 0.001"));
  EXPECT_TRUE(says(refusal(head + "2,g1,22,0,,\n"), "3:9 "));
  EXPECT_TRUE(says(refusal(head + "2,g1,22,0,,\n"), "cd_u_nm = 0; expected"));
  EXPECT_TRUE(says(refusal(head + "2,g1,22,,50,\n"), "dose_mJ_cm2 = 50 lies outside the range of the model, 27 to 33"));
  EXPECT_TRUE(says(refusal(head + "2,g1,22,,,-101\n"), "focus_nm = -101 lies outside"));
  EXPECT_TRUE(says(refusal(head + "0.5,g1,22,,,\n"), "after 1 comes 0.5; expected a stream in order"));
  EXPECT_TRUE(says(refusal(head + "2,g1,22\n"), "3 cells; expected 6"));
  EXPECT_TRUE(says(refusal(head + "2,\"g1,22,,,\n"), "3:3 "));
  EXPECT_TRUE(says(refusal(head + "2,\"g1,22,,,\n"), "quotation mark is not closed"));
  EXPECT_TRUE(says(refusal(head + "2,\"g1\"x,22,,,\n"), "expected a comma"));
  EXPECT_TRUE(says(refusal(head + "1e300,g1,22,,,\n"), "the place in the stream = 1e+300"));
}

TEST_F(Measurements, AHeadMustNameTheColumns) {
  EXPECT_TRUE(says(refusal(""), "the file is empty"));
  EXPECT_TRUE(says(refusal("# nothing\n"), "the file is empty"));
  EXPECT_TRUE(says(refusal("wafer,gauge,cd_nm\n"), "no measurements"));
  EXPECT_TRUE(says(refusal("wafer,gauge,cd\n"), "1:13 "));
  EXPECT_TRUE(says(refusal("wafer,gauge,cd\n"), "unknown column 'cd'; expected one of index, wafer"));
  EXPECT_TRUE(says(refusal("gauge,cd_nm\n"), "no column of time or order"));
  EXPECT_TRUE(says(refusal("wafer,cd_nm\n"), "no column 'gauge'"));
  EXPECT_TRUE(says(refusal("wafer,gauge\n"), "no column 'cd_nm'"));
  EXPECT_TRUE(says(refusal("wafer,lot,gauge,cd_nm\n"), "a second column of time"));
  EXPECT_TRUE(says(refusal("wafer,gauge,cd_nm,gauge\n"), "'gauge' stands there twice"));
  for (const auto& path : {folder / "none.csv", folder})
    EXPECT_TRUE(says(error_of([&] { (void)read_measurements(path, model, 0.3); }).what(), "cannot be read"));
}

}  // namespace
}  // namespace anamorph
