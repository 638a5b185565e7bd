package io.flotilla.raft.sim;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Files in memory; their paths are but names. One thread. */
public final class SimFiles implements SimImage.Disk {
  /** Empty for a directory. */
  private final NavigableMap<Path, Optional<byte[]>> entries = new TreeMap<>();

  public void makeDirectory(Path directory) throws IOException {
    if (entries.putIfAbsent(directory, Optional.empty()) != null) {
      throw new FileAlreadyExistsException(directory.toString());
    }
  }

  /** Replaces what was there. */
  @Override
  public void write(Path file, byte[] content) throws IOException {
    if (!entries.containsKey(file.getParent())) {
      throw new NoSuchFileException(file.getParent().toString());
    }
    entries.put(file, Optional.of(content));
  }

  /** The content itself: who changes it changes the file. */
  @Override
  public byte[] read(Path file) throws IOException {
    return entries
        .getOrDefault(file, Optional.empty())
        .orElseThrow(() -> new NoSuchFileException(file.toString()));
  }

  /** With all that is in it; nothing happens if it is not there. */
  public void delete(Path path) {
    entries.keySet().removeIf(entry -> entry.startsWith(path));
  }

  public List<Path> list() {
    return List.copyOf(entries.keySet());
  }
}
