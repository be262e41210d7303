// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/zip.hpp"

#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

/// A file in memory, as minizip wants to see one.
struct Memory {
  std::string written;       // when writing
  std::string_view content;  // when reading
  bool reading = false;
  std::size_t position = 0;

  [[nodiscard]] std::size_t size() const noexcept { return reading ? content.size() : written.size(); }
};

Memory& memory(voidpf stream) { return *static_cast<Memory*>(stream); }

zlib_filefunc64_def functions_on(Memory& file) {
  zlib_filefunc64_def functions{};
  functions.opaque = &file;
  functions.zopen64_file = [](voidpf opaque, const void*, int) { return opaque; };
  functions.zread_file = [](voidpf, voidpf stream, void* buffer, uLong size) {
    Memory& from = memory(stream);
    const std::size_t count = std::min<std::size_t>(size, from.size() - std::min(from.position, from.size()));
    std::copy_n(from.content.data() + from.position, count, static_cast<char*>(buffer));
    from.position += count;
    return static_cast<uLong>(count);
  };
  functions.zwrite_file = [](voidpf, voidpf stream, const void* buffer, uLong size) {
    Memory& to = memory(stream);
    to.written.resize(std::max(to.written.size(), to.position + size));
    std::copy_n(static_cast<const char*>(buffer), size, to.written.data() + to.position);
    to.position += size;
    return size;
  };
  functions.ztell64_file = [](voidpf, voidpf stream) { return static_cast<ZPOS64_T>(memory(stream).position); };
  functions.zseek64_file = [](voidpf, voidpf stream, ZPOS64_T offset, int origin) {
    Memory& in = memory(stream);
    const std::size_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                             : origin == ZLIB_FILEFUNC_SEEK_CUR ? in.position
                                                                : in.size();
    if (offset > in.size() - std::min(base, in.size())) return -1L;
    in.position = base + offset;
    return 0L;
  };
  functions.zclose_file = [](voidpf, voidpf) { return 0; };
  functions.zerror_file = [](voidpf, voidpf) { return 0; };
  return functions;
}

}  // namespace

std::string zip_bytes(std::span<const ZipMember> members) {
  Memory file;
  zlib_filefunc64_def functions = functions_on(file);
  const zipFile archive = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
  bool good = archive != nullptr;
  for (const ZipMember& member : members) {
    if (!good) break;
    zip_fileinfo info{};
    info.dosDate = (1 << 21) | (1 << 16);  // 1980-01-01, 0:00
    info.external_fa = (member.executable ? 0100755ul : 0100644ul) << 16;
    constexpr uLong made_by_unix = (3 << 8) | 20;
    good = zipOpenNewFileInZip4_64(archive, member.name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED,
                                   Z_BEST_COMPRESSION, 0, -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0,
                                   made_by_unix, 0, 0) == ZIP_OK;
    // In pieces: the length of one is an unsigned int.
    for (std::size_t at = 0; good && at < member.bytes.size(); at += 1u << 30) {
      const std::size_t count = std::min<std::size_t>(member.bytes.size() - at, 1u << 30);
      good = zipWriteInFileInZip(archive, member.bytes.data() + at, static_cast<unsigned>(count)) == ZIP_OK;
    }
    good = good && zipCloseFileInZip(archive) == ZIP_OK;
  }
  if (archive) good = (zipClose(archive, nullptr) == ZIP_OK) && good;
  if (!good) throw Error(ErrorCode::resource, "ZIP-0001", "the zip archive cannot be made");
  return std::move(file.written);
}

std::vector<ZipMember> read_zip(std::string_view bytes, std::size_t limit) {
  Memory file;
  file.content = bytes;
  file.reading = true;
  zlib_filefunc64_def functions = functions_on(file);
  const std::unique_ptr<void, int (*)(unzFile)> archive(unzOpen2_64("", &functions), &unzClose);
  if (!archive) throw Error(ErrorCode::input, "ZIP-0002", "this is no zip archive, or its end is missing");
  unz_global_info64 global{};
  unzGetGlobalInfo64(archive.get(), &global);

  std::vector<ZipMember> members;
  std::size_t total = 0;
  for (int found = unzGoToFirstFile(archive.get()); found == UNZ_OK; found = unzGoToNextFile(archive.get())) {
    std::array<char, 1024> name{};
    unz_file_info64 info{};
    if (unzGetCurrentFileInfo64(archive.get(), &info, name.data(), name.size() - 1, nullptr, 0, nullptr, 0) != UNZ_OK)
      break;
    ZipMember member{.name = name.data(), .bytes = {}, .executable = (info.external_fa >> 16 & 0100) != 0};
    if (unzOpenCurrentFile(archive.get()) != UNZ_OK) {
      member.damage = "cannot be opened";
    } else {
      std::vector<char> block(1 << 16);
      int count = 0;
      while ((count = unzReadCurrentFile(archive.get(), block.data(), static_cast<unsigned>(block.size()))) > 0) {
        total += static_cast<std::size_t>(count);
        if (total > limit) {
          unzCloseCurrentFile(archive.get());
          throw Error(ErrorCode::input, "ZIP-0003",
                      "the zip archive holds more than " + std::to_string(limit) + " bytes");
        }
        member.bytes.append(block.data(), static_cast<std::size_t>(count));
      }
      // minizip compares checksums only where it found as many bytes as the archive says.
      const int closed = unzCloseCurrentFile(archive.get());
      if (count < 0 || member.bytes.size() != info.uncompressed_size) {
        member.damage = "cannot be unpacked";
      } else if (closed == UNZ_CRCERROR) {
        member.damage = "has another checksum than the archive says";
      }
    }
    members.push_back(std::move(member));
  }
  if (members.size() != global.number_entry)
    throw Error(ErrorCode::input, "ZIP-0004",
                "the zip archive lists " + std::to_string(global.number_entry) + " members, of which " +
                    std::to_string(members.size()) + " can be found");
  return members;
}

}  // namespace anamorph
