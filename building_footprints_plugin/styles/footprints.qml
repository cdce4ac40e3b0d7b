<qgis version="3.22.16" styleCategories="Symbology">
  <renderer-v2 symbollevels="0" enableorderby="0" type="singleSymbol" referencescale="-1" forceraster="0">
    <symbols>
      <symbol force_rhr="0" clip_to_extent="1" type="fill" name="0" alpha="1">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option value="255,127,0,60" type="QString" name="color" />
            <Option value="miter" type="QString" name="joinstyle" />
            <Option value="255,127,0,255" type="QString" name="outline_color" />
            <Option value="solid" type="QString" name="outline_style" />
            <Option value="0.4" type="QString" name="outline_width" />
            <Option value="MM" type="QString" name="outline_width_unit" />
            <Option value="solid" type="QString" name="style" />
          </Option>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerGeometryType>2</layerGeometryType>
</qgis>
