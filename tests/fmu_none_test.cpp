// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// A library built without co-simulation units says so and writes nothing.
#include <gtest/gtest.h>

#include "cpp/twin/fmu.hpp"
#include "cpp/twin/zip.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

using FmuNone = FolderTest;

TEST_F(FmuNone, EveryCallSaysHowToGetThem) {
  EXPECT_FALSE(writes_units());
  for (const Error& error :
       {error_of([&] { write_fmu(folder / "unit.fmu", {}); }), error_of([&] { (void)check_fmu(folder / "unit.fmu"); }),
        error_of([&] { (void)read_zip("PK"); })}) {
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_EQ(error.id(), "FMU-0002");
    EXPECT_NE(std::string(error.what()).find("ANAMORPH_TWIN=ON"), std::string::npos);
  }
  EXPECT_EQ(entries(), 0);
}

}  // namespace
}  // namespace anamorph
