package io.flotilla.rpc;

/**
 * Who is calling, said once at the beginning of each connection, before anything else is decoded.
 *
 * @param cluster id of the cluster; another cluster's processes are refused
 * @param role of the calling process
 * @param node its id in that role; 0 for clients and for nodes that have none yet
 */
public record Hello(String cluster, Role role, long node) {
  /** What kind of process is at an end of a connection. Numbers stand on the wire. */
  public enum Role {
    CLIENT(0),
    NODE(1),
    PLACEMENT(2);

    private final int number;

    Role(int number) {
      this.number = number;
    }

    public int number() {
      return number;
    }
  }
}
