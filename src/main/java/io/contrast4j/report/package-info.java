/**
 * The page of a run, and what two runs differ in. {@link io.contrast4j.report.RecordedRun} reads the folder that a run
 * has left, {@link io.contrast4j.report.ChartPlan} says which of its curves belong in one picture, {@link
 * io.contrast4j.report.ReportPage} puts all of it into one HTML file that needs nothing else, and {@link
 * io.contrast4j.report.RunDifference} compares two folders. Nothing native is needed for any of it.
 */
@NullMarked
package io.contrast4j.report;

import org.jspecify.annotations.NullMarked;
