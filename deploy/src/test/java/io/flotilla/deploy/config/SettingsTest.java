package io.flotilla.deploy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir private Path directory;

  @Test
  void overridesBeatTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault() throws IOException {
    Path file = yaml("listen:\n  host: file\n  port: 1\ndata:\n  dir: d\n");
    Map<String, String> environment =
        Map.of("FLOTILLA_LISTEN_HOST", "environment", "FLOTILLA_LISTEN_PORT", "2");
    Settings settings =
        Settings.load(
            RoleKeys.node(), Optional.of(file), environment, List.of("listen.host=override"));
    assertThat(settings.text("listen.host")).isEqualTo("override");
    assertThat(settings.port("listen.port")).isEqualTo(2);
    assertThat(settings.text("data.dir")).isEqualTo("d");
    assertThat(settings.integer("raft.log-retain-bytes", 0, 1 << 30)).isEqualTo(16 << 20);
  }

  @Test
  void anUnknownKeyIsRefusedWithTheNearestKnownOne() {
    assertThatThrownBy(() -> load("listen:\n  prot: 7410\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown key 'listen.prot'")
        .hasMessageContaining("'listen.port'");
    assertThatThrownBy(() -> with("raft.lops=2"))
        .hasMessage("--set: unknown key 'raft.lops'; the nearest known one is 'raft.loops'");
  }

  @Test
  void aMissingKeySaysWhereItMayBeGiven() {
    assertThatThrownBy(() -> with().cluster("cluster.id"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'cluster.id' must be given")
        .hasMessageContaining("FLOTILLA_CLUSTER_ID");
  }

  @Test
  void aRequiredKeyThatIsLeftEmptyIsNotGiven() throws IOException {
    for (String yaml : List.of("data: {dir: }\n", "data:\n  dir: ''\n", "data: {dir: ' '}\n")) {
      Settings settings = load(yaml);
      assertThatThrownBy(() -> settings.path("data.dir"))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("node.yaml leaves it empty: 'data.dir' must be given");
    }
    assertThatThrownBy(() -> with("data.dir=").path("data.dir"))
        .hasMessageContaining("--set leaves it empty: 'data.dir' must be given");
    assertThat(load("node: {labels: }\n").pairs("node.labels")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen.port | 70000 | a number from 0 to 65535",
        "listen.port | -1 | a number from 0 to 65535",
        "listen.port | x | a number from 0 to 65535",
        "raft.loops | 0 | a number from 1 to 8",
      })
  void aNumberOutOfBoundsSaysWhatIsAllowed(String key, String value, String allowed) {
    Settings settings = with(key + "=" + value);
    assertThatThrownBy(
            () -> {
              settings.port("listen.port");
              settings.integer("raft.loops", 1, 8);
            })
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'" + value + "'")
        .hasMessageContaining(allowed);
  }

  @Test
  void badYamlNamesTheFileAndTheLine() {
    assertThatThrownBy(() -> load("listen:\n  host: [a\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("node.yaml")
        .hasMessageContaining("not YAML");
    assertThatThrownBy(() -> load("just words\n")).hasMessageContaining("expected keys and values");
    assertThatThrownBy(() -> load("listen: {port: 1}\nlisten: {port: 2}\n"))
        .hasMessageContaining("not YAML");
  }

  @Test
  void listsAndMapsMayBeWrittenAsYamlOrAsText() throws IOException {
    Settings fromFile =
        load(
            """
            placement:
              endpoints: ['a:1', 'b:2']
            node:
              labels:
                zone: x
                rack: 3
            """);
    assertThat(fromFile.addresses("placement.endpoints")).containsExactly("a:1", "b:2");
    assertThat(fromFile.pairs("node.labels")).isEqualTo(Map.of("zone", "x", "rack", "3"));
    Settings fromText = with("placement.endpoints=a:1, b:2");
    assertThat(fromText.addresses("placement.endpoints")).containsExactly("a:1", "b:2");
  }

  @ParameterizedTest
  @CsvSource({"a", "a:", ":1", "a:99999", "a:1;b:2"})
  void anAddressIsHostAndPort(String address) {
    assertThatThrownBy(
            () -> with("placement.endpoints=" + address).addresses("placement.endpoints"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host:port");
  }

  private Settings with(String... overrides) {
    return Settings.load(RoleKeys.node(), Optional.empty(), Map.of(), List.of(overrides));
  }

  private Settings load(String yaml) throws IOException {
    return Settings.load(RoleKeys.node(), Optional.of(yaml(yaml)), Map.of(), List.of());
  }

  private Path yaml(String text) throws IOException {
    return Files.writeString(directory.resolve("node.yaml"), text);
  }
}
