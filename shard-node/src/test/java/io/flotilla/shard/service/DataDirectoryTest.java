package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirectoryTest {
  @TempDir Path parent;

  @Test
  void keepsWhoItIsAndWhereOthersWere() throws Exception {
    Path path = parent.resolve("new/node");
    try (DataDirectory directory = DataDirectory.open(path, "one", "i1")) {
      assertThat(directory.identity()).isEqualTo(new Identity(1, "one", "i1", 0));
      assertThat(directory.nodes()).isEmpty();
      directory.adoptNode(7);
      directory.keepNodes(Map.of(7L, "host:1", 8L, "[::1]:2"));
    }
    try (DataDirectory directory = DataDirectory.open(path, "one", "i2")) {
      assertThat(directory.identity()).isEqualTo(new Identity(1, "one", "i1", 7));
      assertThat(directory.nodes()).isEqualTo(Map.of(7L, "host:1", 8L, "[::1]:2"));
    }
  }

  @Test
  void refusesAnotherClustersDirectoryAndLeavesItAlone() throws Exception {
    DataDirectory.open(parent, "one", "i1").close();
    assertRefused("two", "belongs to cluster one, not to two");
    DataDirectory.open(parent, "one", "i2").close();
  }

  @Test
  void refusesANewerFormatWhateverElseItSays() throws Exception {
    Files.writeString(parent.resolve("identity"), "format=2\nshape=round\n");
    assertRefused("one", "has format 2; this version reads up to 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "format=1\ncluster=one\nnode=1\n",
        "format=x\n",
        "format=1\ncluster=one\nincarnation=i\nnode=-1\n",
        "format=1\ncluster=one\nincarnation=i\nnode=1\nnode=2\n",
        "format=1\ncluster=one\nincarnation=i\nnode=1\nmore=2\n"
      })
  void refusesADamagedIdentity(String content) throws Exception {
    Files.writeString(parent.resolve("identity"), content);
    assertRefused("one", "identity of data directory " + parent + " is damaged");
  }

  @Test
  void refusesADirectoryOfSomethingElse() throws IOException {
    Files.writeString(parent.resolve("thesis.txt"), "");
    assertRefused("one", "has no identity, but holds [thesis.txt]");
  }

  @Test
  void isForOneAtATime() throws Exception {
    try (DataDirectory open = DataDirectory.open(parent, "one", "i1")) {
      assertThat(open.identity().node()).isZero();
      assertRefused("one", "is in use by another node");
    }
    DataDirectory.open(parent, "one", "i1").close();
  }

  private void assertRefused(String cluster, String message) {
    assertThatThrownBy(() -> DataDirectory.open(parent, cluster, "i9"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(message);
  }
}
