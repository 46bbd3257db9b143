// Questions about files and folders that never throw: what cannot be looked at is not there. (Those
// of std::filesystem throw unless they are given an error_code, and its loop over a folder always
// may.)
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace multiaz {

bool path_exists(const std::string& path);
bool is_folder(const std::string& path);
// What lies in the folder, as far as it can be read; in no order.
std::vector<std::filesystem::path> entries_of(const std::string& folder);
// From the working folder; the path itself where that is gone.
std::filesystem::path absolute_path(const std::string& path);

}  // namespace multiaz
