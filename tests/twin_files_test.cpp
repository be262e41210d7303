// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The pieces of an export: JSON Schema, crate, GDSII as it is read back, markers.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/markers.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/twin/crate.hpp"
#include "cpp/twin/descriptor.hpp"
#include "cpp/twin/json_schema.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/surrogate_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// ---------------------------------------------------------------------------------------------------------------------
// JSON Schema

TEST(JsonSchema, EachKeywordAcceptsAndRefuses) {
  struct Case {
    const char *schema, *good, *bad;
  };
  const Case cases[] = {
      {R"({"type": "object"})", "{}", "[]"},
      {R"({"type": "array"})", "[]", "{}"},
      {R"({"type": "string"})", "\"a\"", "1"},
      {R"({"type": "number"})", "1.5", "null"},
      {R"({"type": "integer"})", "3.0", "3.5"},
      {R"({"type": "boolean"})", "false", "0"},
      {R"({"type": "null"})", "null", "0"},
      {R"({"const": 1})", "1", "2"},
      {R"({"enum": ["a", 2]})", "2", "\"b\""},
      {R"({"required": ["a"]})", R"({"a": null})", R"({"b": 1})"},
      {R"({"properties": {"a": {"type": "number"}}})", R"({"b": "x"})", R"({"a": "x"})"},
      {R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"a": 1})", R"({"a": 1, "b": 2})"},
      {R"({"items": {"type": "number"}})", "[1, 2]", "[1, \"x\"]"},
      {R"({"minItems": 2})", "[1, 2]", "[1]"},
      {R"({"minLength": 2})", "\"ab\"", "\"\u00e9\""},
      {R"({"minimum": 1})", "1", "0.9"},
      {R"({"maximum": 1})", "1", "1.1"},
      {R"({"exclusiveMinimum": 0})", "1e-9", "0"},
      {R"({"pattern": "^[a-z]+$"})", "\"ab\"", "\"aB\""},
      {R"({"anyOf": [{"const": 1}, {"type": "string"}]})", "\"x\"", "2"},
      {R"({"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}})", "1", "\"x\""},
  };
  for (const Case& c : cases) {
    EXPECT_TRUE(schema_violations(c.schema, c.good).empty()) << c.schema << " " << c.good;
    EXPECT_EQ(schema_violations(c.schema, c.bad).size(), 1u) << c.schema << " " << c.bad;
  }
}

TEST(JsonSchema, ViolationsNameTheirPlace) {
  const auto found = schema_violations(
      R"({"properties": {"a": {"items": {"required": ["unit"], "properties": {"unit": {"enum": ["nm"]}}}}}})",
      R"({"a": [{"unit": "nm"}, {"unit": "um"}, {}]})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].find("/a/1/unit"), std::string::npos) << found[0];
  EXPECT_NE(found[1].find("/a/2 has no \"unit\""), std::string::npos) << found[1];
  EXPECT_EQ(schema_violations("{}", "{\"a\": nan}").size(), 1u);
  EXPECT_THROW((void)schema_violations(R"({"dependentRequired": {}})", "{}"), std::logic_error);
  EXPECT_THROW((void)schema_violations(R"({"type": "float"})", "1"), std::logic_error);
}

// ---------------------------------------------------------------------------------------------------------------------
// twin.json

TwinDescriptor descriptor() {
  TwinDescriptor twin;
  twin.name = "cell";
  twin.model = cosine_model({CosineImage(), CosineImage()});
  twin.gauges = {{"g1", {1, 2}, 0}, {"g2", {3, 4}, 90}};
  twin.stated = {"focus_nm"};
  twin.fit = {100, 4, 1e-2, 1e-5, 1e-3, 0};
  twin.wanted_cd_error_nm = 0.1;
  twin.source_points = 10;
  for (const char* gauge : {"g1", "g2"}) {
    GaugeError e;
    e.gauge = gauge;
    e.points = 100;
    twin.held_out.push_back(e);
  }
  twin.files = {{"model", "model/lithography.fmu"}, {"contours", "data/contours.gds"}};
  twin.version = "1";
  twin.commit = "abc";
  twin.created = "2024-05-17T09:30:00Z";
  return twin;
}

TEST(TwinJson, KeepsItsSchemaAndSense) {
  const std::string text = twin_json(descriptor());
  EXPECT_TRUE(check_twin_json(text).empty()) << check_twin_json(text).front();
  const Json twin = Json::parse(text);
  for (const Json& port : twin["ports"]) {
    EXPECT_TRUE(port.contains("unit") || port.contains("type")) << port.dump();
    if (port["name"] == "focus_nm") {
      EXPECT_EQ(port["standard_uncertainty"]["value"], 5);  // of the fixture's model
    }
    if (port["name"] == "mask_bias_nm" || port["name"] == "dose_mJ_cm2") {
      EXPECT_EQ(port["standard_uncertainty"], "not stated");
    }
  }
  // A gauge that does not print has no nominal value, and that is allowed.
  TwinDescriptor dark = descriptor();
  dark.model.threshold = 2;
  EXPECT_TRUE(check_twin_json(twin_json(dark)).empty());
  EXPECT_EQ(twin_json(dark).find("null"), std::string::npos);
  // An error that is no number is refused.
  TwinDescriptor broken = descriptor();
  broken.held_out[0].cd.largest = std::nan("");
  EXPECT_EQ(check_twin_json(twin_json(broken)).size(), 1u);
  broken = descriptor();
  broken.files["report"] = "../report.html";
  EXPECT_FALSE(check_twin_json(twin_json(broken)).empty());
  broken.files["report"] = "/report.html";
  EXPECT_FALSE(check_twin_json(twin_json(broken)).empty());
}

// ---------------------------------------------------------------------------------------------------------------------
// Crate

class CrateTest : public FolderTest {
 protected:
  /// A crate of two files.
  Crate write() const {
    Crate crate;
    crate.name = "a \"cell\"";
    crate.description = "of lines";
    crate.version = "1.2";
    crate.commit = "abc";
    crate.command = {"anamorph", "twin", "export", "a b.toml"};
    crate.device = "a device";
    crate.inputs = {{"a b.toml", 3, sha256("abc")}};
    for (const auto& [name, text] : {std::pair{"run.json", "{}"}, std::pair{"data/x.nc", "\x89HDF"}}) {
      fs::create_directories((folder / name).parent_path());
      write_file_atomic(folder / name, text);
      crate.files.push_back({{name, std::string(text).size(), sha256(text)}, media_type(name), "a file"});
    }
    write_file_atomic(folder / crate_name, crate_json(crate));
    return crate;
  }
};

TEST_F(CrateTest, IsCheckedByWhatItSays) {
  const Crate crate = write();
  const CrateCheck good = check_crate(folder);
  EXPECT_TRUE(good.findings.empty()) << good.findings.front().what;
  EXPECT_EQ(good.files, (std::vector<std::string>{"run.json", "data/x.nc"}));
  const Json json = Json::parse(crate_json(crate));
  EXPECT_EQ(json["@graph"][1]["name"], "a \"cell\"");
  EXPECT_EQ(crate_json(crate), crate_json(crate));

  // One digit of the crate itself.
  std::string text = crate_json(crate);
  text[text.find("1.2")] = '2';
  write_file_atomic(folder / crate_name, text);
  ASSERT_EQ(check_crate(folder).findings.size(), 1u);
  EXPECT_EQ(check_crate(folder).findings[0].file, crate_name);
}

TEST_F(CrateTest, DoesNotLeaveItsFolder) {
  Crate crate = write();
  for (const char* name : {"../x", "/etc/passwd", "a/../../x", ""}) {
    crate.files[1].file.name = name;
    write_file_atomic(folder / crate_name, crate_json(crate));
    const CrateCheck check = check_crate(folder);
    ASSERT_EQ(check.findings.size(), 1u) << name;
    EXPECT_NE(check.findings[0].what.find("outside"), std::string::npos);
  }
}

TEST_F(CrateTest, OtherFilesAreNoCrates) {
  EXPECT_THROW((void)check_crate(folder), Error);
  for (const char* text :
       {"", "[]", "{}", "{\"@graph\": 1}", "{\"@graph\": [1, {\"@id\": 2}, {\"@type\": \"File\"}]}"}) {
    write_file_atomic(folder / crate_name, text);
    EXPECT_FALSE(check_crate(folder).findings.empty()) << text;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Markers

TEST(Markers, AreTextOfTwoKinds) {
  const std::vector<Marker> markers{{"cd", "gauge it's <a>: \"1\", wanted 2", {1000, 2000}, {1010.5, 2000}, -0.25},
                                    {"epe", "x", {0, 0}, {0, -3}, 3}};
  const std::string xml = markers_lyrdb("TOP", "what & why", {{"cd", "widths"}, {"epe", "edges"}}, markers);
  EXPECT_NE(xml.find("<value>edge: (1.0000000,2.0000000;1.0105000,2.0000000)</value>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<value>float: -0.250000</value>"), std::string::npos);
  EXPECT_NE(xml.find("'gauge it\\'s &lt;a&gt;: &quot;1&quot;, wanted 2'"), std::string::npos);
  EXPECT_NE(xml.find("<description>what &amp; why</description>"), std::string::npos);
  EXPECT_NE(xml.find("<category>'epe'</category>"), std::string::npos);
  const std::string csv = markers_csv(markers);
  EXPECT_NE(csv.find("cd,1000.0000,2000.0000,1010.5000,2000.0000,-0.2500,\"gauge it's <a>: \"\"1\"\", wanted 2\"\n"),
            std::string::npos)
      << csv;
}

}  // namespace
}  // namespace anamorph
