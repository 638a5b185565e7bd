package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose log or state is gone never comes back under its old id. */
class LostDiskTest {
  @TempDir Path directory;
  private ThreeNodes nodes;
  private Path home;

  @BeforeEach
  void open() throws IOException {
    nodes = new ThreeNodes(directory, RaftConfig.DEFAULT);
    home = directory.resolve("node2");
    nodes.client.put("k", "v");
    nodes.awaitLeaders();
  }

  @AfterEach
  void close() throws IOException {
    nodes.close();
  }

  @Test
  void withoutItsLogItIsRefusedAndNothingIsDeleted() throws Exception {
    nodes.kill(2);
    DataDirectoryTest.delete(home.resolve("log"));
    Map<Path, Long> before = files(home);
    for (int attempt = 0; attempt < 2; attempt++) {
      assertThatThrownBy(() -> nodes.start(2))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(home.resolve("log") + " is gone")
          .hasMessageContaining("node 2")
          .hasMessageContaining("delete all of " + home);
    }
    // Where there is no log no vote was kept, and so none was given.
    assertThat(home.resolve("log")).doesNotExist();
    assertThat(files(home)).isEqualTo(before);
    assertThat(nodes.client.get("k")).isEqualTo("v");
  }

  @Test
  void withAnEmptyLogOfItsOwnDiskItIsRefusedToo() throws Exception {
    nodes.kill(2);
    DataDirectoryTest.delete(home.resolve("log"));
    Files.createDirectories(home.resolve("log/lost+found"));
    assertThatThrownBy(() -> nodes.start(2)).hasMessageContaining("log is gone");
  }

  @Test
  void withoutItsStateItIsRefusedAndTheLogStays() throws Exception {
    nodes.kill(2);
    DataDirectoryTest.delete(home.resolve("state"));
    Map<Path, Long> before = files(home);
    assertThatThrownBy(() -> nodes.start(2))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(home.resolve("state") + " is gone");
    assertThat(files(home)).isEqualTo(before);
  }

  @Test
  void withoutAnythingItIsANewNode() throws Exception {
    long lost = nodes.node(2).nodeId();
    nodes.kill(2);
    DataDirectoryTest.delete(home);
    assertThat(nodes.start(2).nodeId()).isNotEqualTo(lost);
    assertThat(nodes.node(2).shards()).as("no shard has a replica here").isEmpty();
    assertThat(nodes.client.get("k")).isEqualTo("v");
  }

  /** All that is kept, with its size. */
  private static Map<Path, Long> files(Path root) throws IOException {
    Map<Path, Long> sizes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        sizes.put(file, Files.size(file));
      }
    }
    return sizes;
  }
}
