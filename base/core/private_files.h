// Files and folders that only their owner may read: run folders, secrets, data, exports.
//
// Another user who may write into a folder can place links in it and rename files while we work, so
// a folder that belongs to another user, or that others may look into, is refused.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz {

// Files that this process makes from now on have mode 0600 and folders 0700, whatever mode the call
// asks for. Every program calls this at its start.
void keep_files_private();

// Makes the folder (not those above it), or accepts an existing one when it belongs to us, is
// closed to others and is no link. kDenied says what is wrong and what to do.
Status make_private_folder(const std::string& path);
// The same judgement of a folder that must exist. kNotFound when it does not.
Status check_private_folder(const std::string& path);
// A weaker rule for a folder that the user chose: others may look into it, but not change it.
Status check_own_folder(const std::string& path);
// kDenied when other users could remove or add names below this folder. It must belong to us or to
// root, and no other user may write there, unless it is sticky as /tmp is.
Status check_parent_folder(const std::string& path);
// An existing socket, pipe or file must belong to us and be no link. kNotFound when it does not
// exist.
Status check_ours(const std::string& path);

// Writes the whole file anew: a new file of mode 0600 takes the place of the old one. A link there
// is replaced and not followed.
Status write_private_file(const std::string& path, std::string_view text);

}  // namespace multiaz
