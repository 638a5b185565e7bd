package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
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
      assertThat(directory.identity()).isEqualTo(new Identity(2, "one", "i1", 0, false));
      assertThat(directory.nodes()).isEmpty();
      directory.adoptNode(7);
      directory.keepNodes(Map.of(7L, "host:1", 8L, "[::1]:2"));
    }
    try (DataDirectory directory = DataDirectory.open(path, "one", "i2")) {
      assertThat(directory.identity()).isEqualTo(new Identity(2, "one", "i1", 7, false));
      assertThat(directory.nodes()).isEqualTo(Map.of(7L, "host:1", 8L, "[::1]:2"));
    }
  }

  @Test
  void refusesAnotherClustersDirectoryAndLeavesItAlone() throws Exception {
    DataDirectory.open(parent, "one", "i1").close();
    assertRefused("two", "belongs to cluster one, not to two");
    DataDirectory.open(parent, "one", "i2").close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void refusesAnotherFormatWhateverElseItSays(int format) throws Exception {
    Files.writeString(parent.resolve("identity"), "format=" + format + "\nshape=round\n");
    assertRefused("one", "has format " + format + "; this version reads 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "format=2\ncluster=one\nnode=1\nlog=made\n",
        "format=2\ncluster=one\nincarnation=i\nnode=1\n",
        "format=x\n",
        "format=2\ncluster=one\nincarnation=i\nnode=-1\nlog=made\n",
        "format=2\ncluster=one\nincarnation=i\nnode=1\nnode=2\nlog=made\n",
        "format=2\ncluster=one\nincarnation=i\nnode=1\nlog=made\nmore=2\n",
        "format=2\ncluster=one\nincarnation=i\nnode=1\nlog=perhaps\n"
      })
  void refusesADamagedIdentity(String content) throws Exception {
    Files.writeString(parent.resolve("identity"), content);
    assertRefused("one", "identity of data directory " + parent + " is damaged");
  }

  @ParameterizedTest
  @ValueSource(strings = {"log/SYNCED", "log", "state/CURRENT", "state"})
  void refusesToGoOnWithoutALogOrAStateThatWereHere(String lost) throws Exception {
    try (DataDirectory directory = DataDirectory.open(parent, "one", "i1")) {
      directory.adoptNode(7);
      makeLogAndState(directory);
      directory.noteLog();
    }
    DataDirectory.open(parent, "one", "i2").close();
    delete(parent.resolve(lost));
    String part = parent.resolve(lost.split("/", -1)[0]).toString();
    assertRefused("one", part + " is gone");
    assertRefused("one", "what node 7 has promised");
    assertRefused("one", "delete all of " + parent);
  }

  @Test
  void missesNoLogInWhichNothingWasKept() throws Exception {
    try (DataDirectory directory = DataDirectory.open(parent, "one", "i1")) {
      directory.adoptNode(7);
      makeLogAndState(directory);
    }
    delete(parent.resolve("log"));
    delete(parent.resolve("state"));
    DataDirectory.open(parent, "one", "i2").close();
  }

  private static void makeLogAndState(DataDirectory directory) throws StorageException {
    RocksLogStore.open(directory.log(), RocksLogConfig.DEFAULT, unexpected -> {}).close();
    KvStore.open(directory.state(), KvStoreConfig.DEFAULT).close();
  }

  static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
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
