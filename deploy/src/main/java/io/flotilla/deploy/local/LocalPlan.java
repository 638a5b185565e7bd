package io.flotilla.deploy.local;

import io.flotilla.deploy.config.RoleKeys;
import io.flotilla.deploy.config.Settings;
import io.flotilla.placement.plan.KeyspaceWish;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Lays out a new local cluster: names, ports, configuration files.
 *
 * @param basePort 0: any free ports; else placement from here on, nodes from +10, gateways from +30
 */
record LocalPlan(
    Path directory, int placements, int nodes, int gateways, int basePort, int shards) {
  static final int NODES_MAX = 20;
  static final int PLACEMENTS_MAX = 9;

  private static final String HOST = "127.0.0.1";

  /** What members of placement do not have in common, or what is written anew. */
  private static final Set<String> OWN_KEYS =
      Set.of(
          "cluster.id",
          "listen.host",
          "listen.port",
          "data.dir",
          "placement.member-id",
          "placement.join",
          "placement.members");

  private static final int NODE_OFFSET = 10;
  private static final int GATEWAY_OFFSET = 30;

  LocalPlan {
    require(
        placements >= 1 && placements <= PLACEMENTS_MAX,
        "--placement",
        placements,
        "1 to " + PLACEMENTS_MAX);
    require(nodes >= 1 && nodes <= NODES_MAX, "--nodes", nodes, "1 to " + NODES_MAX);
    require(gateways >= 0 && gateways <= 20, "--gateways", gateways, "0 to 20");
    require(
        basePort == 0 || (basePort >= 1024 && basePort <= 65_000),
        "--base-port",
        basePort,
        "1024 to 65000");
    require(
        shards >= 1 && shards <= KeyspaceWish.SHARDS_MAX,
        "--shards",
        shards,
        "1 to " + KeyspaceWish.SHARDS_MAX);
  }

  private static void require(boolean holds, String option, int value, String allowed) {
    if (!holds) {
      throw LocalException.usage(option + " is " + value + "; allowed: " + allowed);
    }
  }

  LocalCluster create(String launcher) throws IOException {
    Files.createDirectories(directory);
    byte[] random = new byte[4];
    new SecureRandom().nextBytes(random);
    String cluster = "local-" + HexFormat.of().formatHex(random);
    try (Ports ports = new Ports(basePort)) {
      List<String> placementAddresses = ports.take(placements, 0);
      List<String> nodeAddresses = ports.take(nodes, NODE_OFFSET);
      List<String> gatewayAddresses = ports.take(gateways, GATEWAY_OFFSET);
      List<LocalProcess> processes = new ArrayList<>();
      SortedMap<Long, String> members = new TreeMap<>();
      placementAddresses.forEach(address -> members.put(members.size() + 1L, address));
      for (long id : members.keySet()) {
        processes.add(placement(launcher, cluster, id, members, false, policy()));
      }
      for (int i = 0; i < nodes; i++) {
        processes.add(node(launcher, cluster, i + 1, nodeAddresses.get(i), placementAddresses));
      }
      for (int i = 0; i < gateways; i++) {
        processes.add(gateway(launcher, cluster, i, gatewayAddresses.get(i), placementAddresses));
      }
      return new LocalCluster(directory, processes);
    }
  }

  /** A free port's address on this machine. */
  static String freeAddress() throws IOException {
    try (Ports ports = new Ports(0)) {
      return ports.take(1, 0).get(0);
    }
  }

  /**
   * Lays out one more member of placement, which was added to it: with the settings of another one,
   * which whoever leads goes by.
   *
   * @param members addresses of all by their ids
   */
  static LocalProcess placementFor(
      LocalCluster existing,
      String cluster,
      long id,
      SortedMap<Long, String> members,
      String launcher)
      throws IOException {
    LocalProcess other = existing.ofRole("placement").get(0);
    Map<String, String> same =
        Settings.load(
                RoleKeys.placement(),
                Optional.of(existing.directory().resolve(other.name() + ".yaml")),
                Map.of(),
                List.of())
            .given();
    same.keySet().removeAll(OWN_KEYS);
    return existing(existing).placement(launcher, cluster, id, members, true, same);
  }

  private Map<String, String> policy() {
    return Map.of(
        "placement.replicas", Integer.toString(Math.min(3, nodes)),
        "placement.initial-shards", Integer.toString(shards));
  }

  private static LocalPlan existing(LocalCluster cluster) {
    return new LocalPlan(
        cluster.directory(),
        cluster.ofRole("placement").size(),
        cluster.ofRole("node").size(),
        0,
        0,
        1);
  }

  private LocalProcess placement(
      String launcher,
      String cluster,
      long id,
      SortedMap<Long, String> members,
      boolean joins,
      Map<String, String> policy)
      throws IOException {
    StringBuilder rules = new StringBuilder();
    new TreeMap<>(policy)
        .forEach((key, value) -> rules.append(key).append(": ").append(quoted(value)).append('\n'));
    StringBuilder known = new StringBuilder();
    members.forEach(
        (member, address) ->
            known.append("    ").append(member).append(": ").append(address).append('\n'));
    String name = "placement-" + id;
    String address = Objects.requireNonNull(members.get(id));
    return process(
        launcher,
        name,
        "placement",
        address,
        """
        cluster:
          id: %s
        listen:
          host: %s
          port: %s
        data:
          dir: %s
        placement:
          member-id: %d
          join: %s
          members:
        %s%s\
        """
            .formatted(cluster, HOST, port(address), data(name), id, joins, known, rules));
  }

  /**
   * Lays out one more node of a cluster, on a free port.
   *
   * @param cluster its id
   */
  static LocalProcess nodeFor(LocalCluster existing, String cluster, String launcher)
      throws IOException {
    List<String> placement =
        existing.ofRole("placement").stream().map(LocalProcess::ready).toList();
    int number = existing.lastNumber("node") + 1;
    LocalPlan plan = existing(existing);
    return plan.node(launcher, cluster, number, freeAddress(), placement);
  }

  /** Ids are given in the order of registration: its label tells which process a node is. */
  private LocalProcess node(
      String launcher, String cluster, int number, String address, List<String> placement)
      throws IOException {
    String name = "node-" + number;
    return process(
        launcher,
        name,
        "node",
        address,
        """
        cluster:
          id: %s
        listen:
          host: %s
          port: %s
        data:
          dir: %s
        placement:
          endpoints: [%s]
        node:
          labels:
            name: %s
        """
            .formatted(
                cluster,
                HOST,
                port(address),
                data(name),
                String.join(", ", quoted(placement)),
                name));
  }

  private LocalProcess gateway(
      String launcher, String cluster, int i, String address, List<String> placement)
      throws IOException {
    return process(
        launcher,
        "gateway-" + (i + 1),
        "gateway",
        address,
        """
        cluster:
          id: %s
        redis:
          host: %s
          port: %s
        placement:
          endpoints: [%s]
        """
            .formatted(cluster, HOST, port(address), String.join(", ", quoted(placement))));
  }

  private LocalProcess process(
      String launcher, String name, String role, String address, String configuration)
      throws IOException {
    Path config = directory.resolve(name + ".yaml");
    Files.writeString(config, configuration);
    String pidfile = directory.resolve(name + ".pid").toString();
    List<String> restart =
        List.of(launcher, "start", role, "--config", config.toString(), "--pidfile", pidfile);
    return new LocalProcess(name, role, pidfile, restart, address, Map.of());
  }

  private String data(String name) {
    return quoted(directory.resolve(name).toString());
  }

  private static List<String> quoted(List<String> addresses) {
    return addresses.stream().map(LocalPlan::quoted).toList();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String port(String address) {
    return address.substring(address.lastIndexOf(':') + 1);
  }

  /** Free ports are held open together until all are known, so that none is handed out twice. */
  private static final class Ports implements AutoCloseable {
    private final List<ServerSocket> held = new ArrayList<>();
    private final int basePort;

    Ports(int basePort) {
      this.basePort = basePort;
    }

    List<String> take(int count, int offset) throws IOException {
      List<String> addresses = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int wanted = basePort == 0 ? 0 : basePort + offset + i;
        addresses.add(HOST + ":" + hold(wanted));
      }
      return addresses;
    }

    private int hold(int port) throws IOException {
      ServerSocket socket = new ServerSocket();
      held.add(socket);
      try {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      } catch (IOException e) {
        throw new LocalException("port " + port + " is taken: choose another --base-port, or none");
      }
      return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }
}
