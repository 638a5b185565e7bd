package io.flotilla.router.client;

import java.util.List;

/**
 * What came of a wish.
 *
 * @param jobs that were begun; or, if it was a dry run, that would be
 * @param notes for people: what becomes of it, what stands in its way
 */
public record AdminAnswer(List<Job.Planned> jobs, List<String> notes) {
  public AdminAnswer {
    jobs = List.copyOf(jobs);
    notes = List.copyOf(notes);
  }
}
