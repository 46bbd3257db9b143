// Files and folders that only their owner may read: run folders, secrets, data, exports.
//
// Who else may write into a folder may put links into it and change names under our feet, so a
// folder that is not ours, or that others may look into, is refused, whoever made it.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz {

// Files that this process makes from now on are 0600 and folders 0700, whatever their maker asks
// for. At the start of every program, before it makes any.
void keep_files_private();

// Makes the folder (not those above it), or takes the one that is there when it is a folder of
// ours, closed to others, and no link. kDenied names what is wrong and what to do.
Status make_private_folder(const std::string& path);
// The same judgement of one that must be there already. kNotFound when it is not.
Status check_private_folder(const std::string& path);
// Less strict, for a folder that somebody chose: others may look into it, but not change it.
Status check_own_folder(const std::string& path);
// Whether others could take names away from below this folder or put some into it: it belongs to
// us or to root, and nobody else may write there, unless it is sticky as /tmp is.
Status check_parent_folder(const std::string& path);
// A socket, pipe or file that is there must be ours, and no link. kNotFound when it is not there.
Status check_ours(const std::string& path);

// The whole file anew: a new file of mode 0600 takes the place of the old one, whatever that was;
// a link there is replaced and not followed.
Status write_private_file(const std::string& path, std::string_view text);

}  // namespace multiaz
