package io.flotilla.placement.model;

/**
 * A member of placement's own group.
 *
 * @param id never used again
 * @param address host:port; never changes
 * @param removed whether it is to belong to the group no more, for good
 */
public record Member(long id, String address, boolean removed) {
  public Member {
    if (id < 1 || address.isEmpty()) {
      throw new IllegalArgumentException(
          "a member of placement has a positive id and an address, not " + id + " and " + address);
    }
  }

  Member leaving() {
    return new Member(id, address, true);
  }
}
