package io.flotilla.router.client;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.router.map.Route;
import org.jspecify.annotations.Nullable;

/** Whom a lane asks. Lives on the lane's event loop. */
interface Targets {
  /**
   * The address to ask; null if none is known.
   *
   * @param tries how often what is to be sent was sent before
   */
  @Nullable String next(Route route, int tries);

  /** It has given a result. */
  void answered(String address);

  /** It could not be reached, keeps silent, or cannot help; another may. */
  void passOver(String asked);

  /**
   * It refused because it does not lead.
   *
   * @return whether another is to be asked at once
   */
  boolean notLeader(String asked, ErrorDetail detail);
}
