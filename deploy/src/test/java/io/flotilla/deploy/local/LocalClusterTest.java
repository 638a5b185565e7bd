package io.flotilla.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.deploy.config.RoleKeys;
import io.flotilla.deploy.config.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of the processes of a directory. */
class LocalClusterTest {
  @TempDir private Path directory;

  private LocalCluster cluster(String... names) {
    return new LocalCluster(directory, List.of(names).stream().map(this::process).toList());
  }

  private LocalProcess process(String name) {
    String role = name.substring(0, name.lastIndexOf('-'));
    return new LocalProcess(name, role, name + ".pid", List.of(), "127.0.0.1:1", Map.of());
  }

  @Test
  void whatIsForgottenIsNotThereAfterwards() throws Exception {
    LocalCluster before = cluster("placement-1", "node-1", "node-2");
    before.without(before.process("node-1")).save();
    LocalCluster after = LocalCluster.open(directory);
    assertThat(after.processes())
        .extracting(LocalProcess::name)
        .containsExactly("placement-1", "node-2");
    assertThatThrownBy(() -> after.process("node-1")).hasMessageContaining("no process 'node-1'");
    assertThatThrownBy(() -> after.process("node")).as("a role").hasMessageContaining("'node'");
    assertThatThrownBy(() -> after.without(after.process("placement-1")))
        .hasMessageContaining("is all that is left of placement");
  }

  @Test
  void aNewNodeHasANameOfItsOwn() throws Exception {
    LocalCluster cluster = cluster("placement-1", "node-2", "node-3");
    assertThat(LocalPlan.nodeFor(cluster, "c", "flotilla").name()).isEqualTo("node-4");
    assertThat(directory.resolve("node-4.yaml")).content().contains("    name: node-4\n");
  }

  /** It would start as who was removed, and be told to end. */
  @Test
  void norWhatAForgottenOneHasLeft() throws Exception {
    LocalCluster before = cluster("placement-1", "node-1", "node-2");
    LocalCluster more = before.with(LocalPlan.nodeFor(before, "c", "flotilla"));
    LocalCluster fewer = more.without(more.process("node-3"));
    assertThat(LocalPlan.nodeFor(fewer, "c", "flotilla").name()).isEqualTo("node-4");
    Files.createDirectory(directory.resolve("node-10"));
    assertThat(LocalPlan.nodeFor(fewer, "c", "flotilla").name()).isEqualTo("node-11");
  }

  @Test
  void aNewMemberJoinsAndPlansAsTheOthers() throws Exception {
    LocalCluster made = new LocalPlan(directory, 1, 5, 0, 0, 7).create("flotilla");
    Files.writeString(
        directory.resolve("placement-1.yaml"),
        """
        placement.node-dead-seconds: 20
        placement.split-operations: 0
        """,
        StandardOpenOption.APPEND);
    TreeMap<Long, String> members = new TreeMap<>(Map.of(1L, "127.0.0.1:1", 4L, "127.0.0.1:4"));
    LocalProcess added =
        LocalPlan.placementFor(made.without(made.process("node-1")), "c", 4, members, "flotilla");
    assertThat(added.name()).isEqualTo("placement-4");
    assertThat(directory.resolve("placement-4.yaml"))
        .content()
        .contains("member-id: 4", "join: true", "    1: 127.0.0.1:1", "    4: 127.0.0.1:4");
    Map<String, String> founder = given("placement-1");
    Map<String, String> joined = given("placement-4");
    assertThat(joined)
        .containsEntry("placement.replicas", "3")
        .containsEntry("placement.initial-shards", "7")
        .containsEntry("placement.node-dead-seconds", "20")
        .containsEntry("placement.split-operations", "0")
        .containsEntry("listen.port", "4");
    assertThat(joined.keySet()).isEqualTo(founder.keySet());
  }

  private Map<String, String> given(String member) {
    Optional<Path> file = Optional.of(directory.resolve(member + ".yaml"));
    return Settings.load(RoleKeys.placement(), file, Map.of(), List.of()).given();
  }
}
