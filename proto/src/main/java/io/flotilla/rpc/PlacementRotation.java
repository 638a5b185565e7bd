package io.flotilla.rpc;

/**
 * In which order one asker goes through placement's members: to the leader that is named, else on
 * in the round. Whoever is named is asked between, and the round goes on where it was: members that
 * name one that cannot be reached keep nobody from asking all others. One thread at a time.
 */
public final class PlacementRotation {
  private final PlacementEndpoints endpoints;
  private String last;

  /**
   * @param first whom the asker begins with, of the members or not
   */
  public PlacementRotation(PlacementEndpoints endpoints, String first) {
    this.endpoints = endpoints;
    this.last = first;
  }

  /** Whom to ask after {@code asked} refused or could not be asked. */
  public String following(String asked, RpcException why) {
    String leader = why.detail().getLeaderAddress();
    boolean named =
        why.code() == ErrorCode.NOT_LEADER && !leader.isEmpty() && !leader.equals(asked);
    return named ? leader : next();
  }

  /** The next in the round, whoever was named. */
  public String next() {
    last = endpoints.after(last);
    return last;
  }
}
