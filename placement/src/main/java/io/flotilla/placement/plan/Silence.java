package io.flotilla.placement.plan;

/**
 * How a node that placement does not hear is judged: what the others say of it counts as much as
 * the silence, since one that only placement cannot reach serves on.
 *
 * @param isLong whether it lasts for as long as a node has to be silent to be dead
 * @param others other nodes of the cluster that placement hears
 * @param hearing how many of those have said that they hear it
 * @param missing how many of those have said that they do not
 */
public record Silence(boolean isLong, int others, int hearing, int missing) {
  /** Dead only if most of the others say so; who has not been asked yet does not. */
  public LoadView.Health judge() {
    if (isLong && missing * 2 > others) {
      return LoadView.Health.DEAD;
    }
    return hearing > 0 ? LoadView.Health.UNREACHABLE : LoadView.Health.SILENT;
  }
}
