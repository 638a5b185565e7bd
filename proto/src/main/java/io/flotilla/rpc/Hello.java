package io.flotilla.rpc;

import java.util.regex.Pattern;

/**
 * Who is calling, said once at the beginning of each connection, before anything else is decoded.
 *
 * @param cluster id of the cluster, 1 to 64 of [A-Za-z0-9_-]; another cluster's processes are
 *     refused. A client may leave it empty and is then served by whichever cluster it reaches
 * @param role of the calling process
 * @param node its id in that role; 0 for clients and for nodes that have none yet
 */
public record Hello(String cluster, Role role, long node) {
  private static final Pattern CLUSTER = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  public Hello {
    boolean any = cluster.isEmpty() && role == Role.CLIENT;
    if (!any && !isClusterId(cluster)) {
      throw new IllegalArgumentException("cluster id must be 1 to 64 of [A-Za-z0-9_-]");
    }
    if (node < 0) {
      throw new IllegalArgumentException("node id must not be negative, but is " + node);
    }
  }

  /** Whether a cluster may be called so. */
  public static boolean isClusterId(String text) {
    return CLUSTER.matcher(text).matches();
  }

  /** What kind of process is at an end of a connection. Numbers stand on the wire. */
  public enum Role {
    CLIENT(0),
    NODE(1),
    PLACEMENT(2);

    private static final Role[] BY_NUMBER = values();

    private final int number;

    Role(int number) {
      this.number = number;
    }

    public int number() {
      return number;
    }

    static Role of(int number) {
      if (number < 0 || number >= BY_NUMBER.length) {
        throw new IllegalArgumentException(
            "role " + number + "; allowed are 0 to " + (BY_NUMBER.length - 1));
      }
      return BY_NUMBER[number];
    }
  }

  /** Whether these two may talk: same cluster, or one is a client that takes any. */
  boolean mayMeet(Hello other) {
    return cluster.equals(other.cluster) || cluster.isEmpty() || other.cluster.isEmpty();
  }

  @Override
  public String toString() {
    return role + " " + node + " of cluster " + cluster;
  }
}
