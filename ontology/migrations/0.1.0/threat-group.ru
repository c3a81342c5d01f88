# mand:ArmedOrThreatGroup of the drafts is mand:ThreatGroup: a name for two things, for one class.
PREFIX mand: <https://w3id.org/mandates/ns#>
DELETE { ?s ?p mand:ArmedOrThreatGroup }
INSERT { ?s ?p mand:ThreatGroup }
WHERE { ?s ?p mand:ArmedOrThreatGroup }
