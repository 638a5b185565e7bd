package io.flotilla.deploy.demo;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The running JDK's own class library: tens of thousands of real files, on every machine that can
 * run this.
 */
final class Corpus {
  /**
   * What is stored under one key: a file, or a part of one that is larger than a value may be.
   *
   * @param offset of the part within the file
   */
  record Piece(Path file, int part, long offset, int length) {
    byte[] key() {
      String name = file.toString().substring("/modules/".length());
      return (part == 0 ? name : name + "#" + part).getBytes(StandardCharsets.UTF_8);
    }

    String module() {
      return file.getName(1).toString();
    }

    byte[] read() throws IOException {
      byte[] whole = Files.readAllBytes(file);
      return offset == 0 && length == whole.length
          ? whole
          : Arrays.copyOfRange(whole, (int) offset, (int) offset + length);
    }
  }

  private Corpus() {}

  /** All files, in a fixed order, large ones cut into parts of at most {@code valueBytesMax}. */
  static List<Piece> pieces(int valueBytesMax) throws IOException {
    Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
    List<Piece> pieces = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        cut(file, Files.size(file), valueBytesMax, pieces);
      }
    }
    return pieces;
  }

  private static void cut(Path file, long size, int valueBytesMax, List<Piece> into) {
    int part = 0;
    long offset = 0;
    do {
      int length = (int) Math.min(valueBytesMax, size - offset);
      into.add(new Piece(file, part, offset, length));
      part++;
      offset += length;
    } while (offset < size);
  }

  static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
