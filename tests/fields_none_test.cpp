// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// A library built without HDF5 says so, and leaves no file.
#include <gtest/gtest.h>

#include "cpp/core/version.hpp"
#include "cpp/io/fields.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

using FieldsNone = FolderTest;

TEST_F(FieldsNone, AreNotWritten) {
  EXPECT_FALSE(writes_fields());
  const Error error = error_of([&] { write_fields(folder / "fields.nc", {}); });
  EXPECT_EQ(error.code(), ErrorCode::resource);
  EXPECT_EQ(error.id(), "NCF-0003");
  EXPECT_EQ(error.where().file, (folder / "fields.nc").string());
  EXPECT_EQ(entries(), 0);
  EXPECT_NE(std::string(build_flags).find("without HDF5"), std::string::npos) << build_flags;
}

}  // namespace
}  // namespace anamorph
