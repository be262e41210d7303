// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Reads the include lines of the sources and says which of them breaks the layers of docs/architecture.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace anamorph {
namespace {

namespace fs = std::filesystem;

/// Module -> layer. An include may point to the own module or to a lower layer, never sideways or up.
const std::map<std::string, int> layers{
    {"cpp/core", 0},    {"cpp/backend", 1}, {"cuda", 2},        {"masks", 2},        {"optics_models", 2},
    {"cpp/imaging", 3}, {"cpp/resist", 3},  {"cpp/measure", 4}, {"cpp/optimize", 5}, {"cpp/study", 6},
    {"cpp/io", 7},      {"cpp/twin", 8},    {"cpp/tile", 8},    {"cpp/cli", 9},
};

/// Headers that are not installed, and therefore may show third-party types.
const std::vector<std::string> private_folders{
    "cpp/cli/",
    "cpp/backend/cpu/",
    "cuda/",
    "cpp/io/recipe_checks.hpp",
    "cpp/io/recipe_key.hpp",
    "cpp/io/recipe_table.hpp",
};

bool starts_with_any(const std::string& path, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

/// "cpp/io" of "cpp/io/npy.hpp", "masks" of "masks/glp.hpp"; nothing for a path outside the table.
std::optional<std::string> module_of(const std::string& path) {
  const std::size_t end = path.find('/', path.starts_with("cpp/") ? 4 : 0);
  if (end == std::string::npos || !layers.contains(path.substr(0, end))) return std::nullopt;
  return path.substr(0, end);
}

/// What is wrong with the include lines of one source file; `path` is relative to the repository root.
std::vector<std::string> wrong_includes(const std::string& path, const std::string& text) {
  static const std::regex include_line(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  const std::optional<std::string> from = module_of(path);
  if (!from) return {path + ": this folder has no layer"};
  const bool public_header = path.ends_with(".hpp") && !starts_with_any(path, private_folders);

  std::vector<std::string> wrong;
  std::istringstream stream(text);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::smatch match;
    if (!std::regex_search(line, match, include_line)) continue;
    const std::string target = match[2];
    const auto complain = [&](const std::string& why) {
      wrong.push_back(path + ":" + std::to_string(number) + ": " + target + ": " + why);
    };
    if (match[1] == "<") {
      // Headers of the C++ library have neither a folder nor a suffix; all others belong to somebody else.
      if (public_header && target.find_first_of("/.") != std::string::npos) complain("third party in a public header");
      continue;
    }
    const std::optional<std::string> to = module_of(target);
    if (!to) {
      complain("not a path from the repository root to a layer");
    } else if (*to != *from && layers.at(*to) >= layers.at(*from)) {
      complain("layer " + std::to_string(layers.at(*from)) + " (" + *from + ") may not include layer " +
               std::to_string(layers.at(*to)) + " (" + *to + ")");
    } else if (*to == "cuda" && *from != "cuda") {
      complain("nobody includes cuda; make_cuda_backend() is declared in cpp/backend");
    }
  }
  return wrong;
}

/// Whether the licence is named at the top: in the first two lines, or after the `#!` line.
bool has_licence_head(const std::string& text) {
  std::istringstream stream(text);
  std::string line;
  std::string head;
  for (int number = 0; number < 3 && std::getline(stream, line); ++number) head += line + '\n';
  return head.find("SPDX-License-Identifier: Apache-2.0\n") != std::string::npos &&
         head.find("SPDX-FileCopyrightText: The Anamorph authors\n") != std::string::npos;
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Paths, relative to the repository root, of the files below `folders` with one of `suffixes`.
std::vector<std::string> sources(const std::vector<std::string>& folders, const std::vector<std::string>& suffixes) {
  std::vector<std::string> paths;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(fs::path(ANAMORPH_SOURCE) / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ANAMORPH_SOURCE) / folder)) {
      const std::string path = fs::relative(entry.path(), ANAMORPH_SOURCE).generic_string();
      for (const std::string& suffix : suffixes) {
        if (entry.is_regular_file() && path.ends_with(suffix)) paths.push_back(path);
      }
    }
  }
  return paths;
}

TEST(Architecture, IncludesPointDown) {
  const std::vector<std::string> paths =
      sources({"cpp", "masks", "optics_models", "cuda"}, {".hpp", ".cpp", ".hpp.in", ".cu", ".cuh"});
  ASSERT_GT(paths.size(), 20u) << "no sources below " << ANAMORPH_SOURCE;
  for (const std::string& path : paths) {
    for (const std::string& wrong : wrong_includes(path, read(fs::path(ANAMORPH_SOURCE) / path)))
      ADD_FAILURE() << wrong;
  }
}

TEST(Architecture, EverySourceNamesItsLicence) {
  std::vector<std::string> paths =
      sources({"cpp", "masks", "optics_models", "cuda", "tests", "benchmarks", "docs/examples"},
              {".hpp", ".cpp", ".hpp.in", ".cu", ".cuh", ".cmake", ".cmake.in", "CMakeLists.txt", ".py", ".sh"});
  paths.insert(paths.end(), {"CMakeLists.txt", "dev", ".ci/run"});
  for (const std::string& path : paths) {
    EXPECT_TRUE(has_licence_head(read(fs::path(ANAMORPH_SOURCE) / path)))
        << path << ": no SPDX head in its first lines";
  }
}

// The checker itself, on lines that it must accept and lines that it must refuse.

TEST(ArchitectureChecker, AcceptsArrowsThatPointDown) {
  EXPECT_TRUE(wrong_includes("cpp/io/report.cpp",
                             "#include \"cpp/io/report.hpp\"\n#include \"cpp/measure/epe.hpp\"\n"
                             "#include <nlohmann/json.hpp>\n#include <vector>\n")
                  .empty());
  EXPECT_TRUE(wrong_includes("masks/glp.hpp", "#include <vector>\n#include \"cpp/core/grid.hpp\"\n").empty());
  EXPECT_TRUE(wrong_includes("cpp/backend/cpu/fft.hpp", "#include <Eigen/Core>\n").empty());
  EXPECT_TRUE(
      wrong_includes("cuda/fft.cu", "#include \"cuda/fft.hpp\"\n#include \"cpp/backend/backend.hpp\"\n").empty());
  EXPECT_TRUE(wrong_includes("masks/glp.cpp", "// #include \"cpp/cli/main.hpp\"\n").empty());
}

TEST(ArchitectureChecker, RefusesEveryOtherArrow) {
  const auto refused = [](const std::string& path, const std::string& line) {
    return wrong_includes(path, line).size() == 1;
  };
  EXPECT_TRUE(refused("cpp/core/image.hpp", "#include \"cpp/io/npy.hpp\"")) << "up";
  EXPECT_TRUE(refused("masks/glp.cpp", "  #  include \"optics_models/source.hpp\"")) << "sideways";
  EXPECT_TRUE(refused("optics_models/abbe.cpp", "#include \"masks/raster.hpp\"")) << "sideways";
  EXPECT_TRUE(refused("cpp/study/bench.cpp", "#include \"cpp/io/recipe.hpp\"")) << "studies know no files";
  EXPECT_TRUE(refused("cpp/backend/backend.cpp", "#include \"cuda/cuda_backend.hpp\"")) << "into cuda, sideways";
  EXPECT_TRUE(refused("cpp/cli/main.cpp", "#include \"cuda/cuda_backend.hpp\"")) << "into cuda, downwards";
  EXPECT_TRUE(refused("masks/glp.cpp", "#include \"glp.hpp\"")) << "relative";
  EXPECT_TRUE(refused("masks/glp.cpp", "#include \"../cpp/core/grid.hpp\"")) << "relative";
  EXPECT_TRUE(refused("cuda/fft.cu", "#include \"masks/raster.hpp\"")) << "cuda knows only core and backend";
  EXPECT_TRUE(refused("masks/glp.cpp", "#include \"tests/oracle.hpp\"")) << "no layer";
  EXPECT_TRUE(refused("cpp/helpers/string.cpp", "#include <string>")) << "a folder without a layer";
  for (const char* header : {"Eigen/Core", "nlohmann/json.hpp", "toml++/toml.h", "CLI/CLI.hpp", "png.h", "omp.h",
                             "opencv2/core.hpp", "gemmi/third_party/pocketfft_hdronly.h", "polyclipping/clipper.hpp"}) {
    EXPECT_TRUE(refused("cpp/io/report.hpp", std::string("#include <") + header + ">")) << header;
  }
}

TEST(ArchitectureChecker, KnowsALicenceHead) {
  const std::string head = "// SPDX-License-Identifier: Apache-2.0\n// SPDX-FileCopyrightText: The Anamorph authors\n";
  EXPECT_TRUE(has_licence_head(head + "int x;\n"));
  EXPECT_TRUE(has_licence_head("#!/bin/sh\n" + head));
  EXPECT_FALSE(has_licence_head("int x;\n"));
  EXPECT_FALSE(has_licence_head("\n\n" + head));
  EXPECT_FALSE(has_licence_head("// SPDX-License-Identifier: MIT\n// SPDX-FileCopyrightText: The Anamorph authors\n"));
}

}  // namespace
}  // namespace anamorph
