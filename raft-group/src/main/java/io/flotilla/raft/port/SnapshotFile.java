package io.flotilla.raft.port;

/**
 * One file of a state's image.
 *
 * @param name without a directory, and of characters that mean the same everywhere
 * @param crc32c of all its bytes
 */
public record SnapshotFile(String name, long bytes, int crc32c) {
  private static final int NAME_MAX = 64;

  public SnapshotFile {
    if (name.isEmpty() || name.length() > NAME_MAX || !name.chars().allMatch(c -> isPlain(c))) {
      throw new IllegalArgumentException(
          "a file name of "
              + name.length()
              + " characters; allowed: 1 to "
              + NAME_MAX
              + " letters, digits, '-', and '.' within");
    }
    if (name.startsWith(".") || bytes < 0) {
      throw new IllegalArgumentException("file " + name + " of " + bytes + " bytes");
    }
  }

  /** Whoever sends a name must not choose a directory by it. */
  private static boolean isPlain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.';
  }
}
