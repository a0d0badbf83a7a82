"""All charts of the Metrics page by key; a section names the keys of those that it shows."""

from dashboard.pages.metrics.charts.age import AGE_CHARTS
from dashboard.pages.metrics.charts.disagreement import DISAGREEMENT_CHARTS
from dashboard.pages.metrics.charts.gender import GENDER_CHARTS
from dashboard.pages.metrics.charts.slices import SLICE_CHARTS
from dashboard.pages.metrics.charts.training import TRAINING_CHARTS

CHARTS = {
    chart.key: chart
    for chart in (*GENDER_CHARTS, *AGE_CHARTS, *SLICE_CHARTS, *DISAGREEMENT_CHARTS, *TRAINING_CHARTS)
}
