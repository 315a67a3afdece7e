# A database of everything that was measured, and the reports for people to read.

assessment-pipeline += collect_metrics reports
STEPS += collect_metrics reports

REPORTS := model_communication_report model_evaluation_memo strategy_assessment reflection

CHECKPOINTS_collect_metrics := artifacts/collect_metrics.ok
CHECKPOINTS_reports := artifacts/reports.ok

# TABLES: the files that tables are made of, as declared in scripts/tidemark/tables/. Views over what providers sent name the
# files that data/store/current/ lists, and change when it does.
artifacts/collect_metrics.ok: $(TABLES) $(sort $(foreach source,$(SOURCES),$(STORED_$(source)))) | $(if $(LIVE),data/store/objects)
	$(STEP) scripts/collect_metrics.py
artifacts/metrics.duckdb: artifacts/collect_metrics.ok ; $(KEPT)

# Make knows no names of figures: the folder stands for the files in it, and their lists, which have the hash of each, say
# when one changed.
reports/figs: ;
artifacts/reports.ok: artifacts/metrics.duckdb artifacts/strategy_figures.json $(PAIRS:%=artifacts/%_figures.json) \
		$(REPORTS:%=reports/templates/%.md.j2) $(patsubst %/.,%,$(wildcard reports/narrative/.)) | reports/figs
	$(STEP) scripts/reports.py
$(REPORTS:%=reports/%.md) reports/page.html: artifacts/reports.ok ; $(KEPT)
